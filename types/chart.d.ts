/** The part of Chart.js that the dashboard uses. static/vendor/chart.js is loaded as a script and sets a global. */

interface ChartScale {
  min: number;
  max: number;
  width: number;
  maxWidth: number;
  ticks: { value: number }[];
  getPixelForValue(value: number): number;
  getValueForPixel(pixel: number): number;
}

interface ChartDataset {
  label: string;
  /** The colour in the tooltip, because `backgroundColor` may be a pattern. */
  tint: string;
  data: { x: number; y: number | null }[];
  [option: string]: unknown;
}

interface ChartTooltipItem {
  dataset: ChartDataset;
  dataIndex: number;
  raw: { x: number; y: number };
}

interface ChartPlugin {
  id: string;
  afterInit?(chart: Chart): void;
  afterEvent?(chart: Chart, args: { event: { type: string; x: number }; inChartArea: boolean }): void;
  afterDatasetsDraw?(chart: Chart): void;
}

interface ChartConfiguration {
  type: "line" | "bar";
  data: { datasets: ChartDataset[] };
  // Of type any, because Chart.js adds its defaults to the options of a chart.
  options: any;
  plugins: ChartPlugin[];
}

declare class Chart {
  constructor(canvas: HTMLCanvasElement, configuration: ChartConfiguration);
  options: any;
  data: { datasets: ChartDataset[] };
  scales: { x: ChartScale; y: ChartScale };
  chartArea: { left: number; right: number; top: number; bottom: number };
  ctx: CanvasRenderingContext2D;
  draw(): void;
  getElementsAtEventForMode(
    event: Event,
    mode: string,
    options: { intersect: boolean },
    useFinalPosition: boolean,
  ): { datasetIndex: number; index: number }[];
  update(mode?: "none"): void;
}
