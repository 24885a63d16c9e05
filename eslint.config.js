/** ESLint rules for the scripts of the pages, their unit tests, and this file. */

import js from "@eslint/js";
import globals from "globals";

const TEXT_ONLY = "Set textContent, or build elements with kit/dom.js: markup from data allows script injection.";

/** The properties that parse a string as HTML. */
const MARKUP = [
  { property: "innerHTML", message: TEXT_ONLY },
  { property: "outerHTML", message: TEXT_ONLY },
  { property: "insertAdjacentHTML", message: TEXT_ONLY },
  { property: "setHTMLUnsafe", message: TEXT_ONLY },
  { property: "createContextualFragment", message: TEXT_ONLY },
  { object: "document", property: "write", message: TEXT_ONLY },
  { object: "document", property: "writeln", message: TEXT_ONLY },
];

export default [
  { ignores: [".venv/", "build/", "dist/", "node_modules/", "static/vendor/", "var/"] },
  js.configs.recommended,
  {
    rules: {
      curly: "error",
      eqeqeq: "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-properties": ["error", ...MARKUP],
      "no-shadow": "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  { files: ["static/**/*.js"], languageOptions: { globals: { ...globals.browser, Chart: "readonly" } } },
  { files: ["tests/js/**/*.js", "eslint.config.js"], languageOptions: { globals: globals.node } },
];
