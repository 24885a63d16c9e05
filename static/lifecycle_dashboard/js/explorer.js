/** The entry script of the list of connections: new connections appear at its top every few seconds. */

import { byId, setShown, setText } from "../../lifecycle/js/kit/dom.js";
import { LANGUAGE, pageData } from "../../lifecycle/js/kit/page_data.js";
import { say, sayCount, useTexts } from "../../lifecycle/js/kit/texts.js";
import { clock, now } from "../../lifecycle/js/kit/times.js";
import { ExplorerRows } from "./explorer_rows.js";

const PERIOD_MS = 5_000;
const TIMEOUT_MS = 20_000;
const DENIED = 403;

useTexts(pageData("words"), LANGUAGE);

const { rowsUrl = "", live = "false" } = byId("explorer").dataset;
const table = byId("connections-table", HTMLTableElement);
const rows = new ExplorerRows(table.tBodies[0], pageData("rows"));
const button = byId("pause-rows");
let paused = live !== "true";
let readAt = now();
/** @type {ReturnType<typeof setTimeout>|undefined} */
let timer;

if (!paused) {
  setShown(button, true);
  setText(byId("updates"), say("explorer.live"));
  button.addEventListener("click", toggle);
  document.addEventListener("visibilitychange", plan);
  plan();
}

function toggle() {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  setText(button, say(paused ? "ends.resume" : "ends.pause"));
  setText(byId("updates"), paused ? say("ends.paused", { time: clock(now()) }) : say("explorer.live"));
  plan();
}

/** Plan the next request; a hidden page sends none. */
function plan() {
  clearTimeout(timer);
  if (!paused && !document.hidden) {
    timer = setTimeout(read, PERIOD_MS);
  }
}

async function read() {
  try {
    const answer = await fetch(rowsUrl, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (answer.status === DENIED) {
      setText(byId("updates"), say("explorer.denied"));
      return;
    }
    if (!answer.ok) {
      throw new Error(`HTTP ${answer.status}`);
    }
    const { rows: latest } = await answer.json();
    if (!paused) {
      show(latest);
    }
  } catch {
    setText(byId("updates"), say("explorer.lost", { time: clock(readAt) }));
  }
  plan();
}

/** @param {import("./explorer_rows.js").Row[]} latest */
function show(latest) {
  const wasLost = now() - readAt > 2 * (PERIOD_MS / 1000);
  readAt = now();
  const added = rows.draw(latest);
  setShown(table, latest.length > 0);
  if (latest.length > 0) {
    setShown(byId("no-rows"), false);
  }
  if (added > 0) {
    setText(byId("updates"), sayCount("explorer.new", added).replace("{time}", clock(readAt)));
  } else if (wasLost) {
    setText(byId("updates"), say("explorer.live"));
  }
}
