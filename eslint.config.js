import js from "@eslint/js";

const browser = [
  "Blob", "ClipboardItem", "CustomEvent", "DecompressionStream", "Image", "Intl", "MutationObserver", "ResizeObserver",
  "Response", "URL", "XMLSerializer", "atob", "cancelAnimationFrame", "clearTimeout", "document", "history", "location",
  "matchMedia", "navigator",
  "requestAnimationFrame", "setTimeout", "window",
];

export default [
  js.configs.recommended,
  {
    languageOptions: {
      ecmaVersion: 2023,
      sourceType: "module",
      globals: Object.fromEntries(browser.map((name) => [name, "readonly"])),
    },
    rules: {
      // A page with a strict Content-Security-Policy runs none of these, and text from a study must never be code.
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-syntax": ["error", {
        selector: "AssignmentExpression[left.property.name=/^(innerHTML|outerHTML|cssText)$/]",
        message: "Set textContent, attributes or single properties of style instead.",
      }, {
        selector: "CallExpression[callee.property.name='insertAdjacentHTML'], "
          + "CallExpression[callee.object.name='document'][callee.property.name='write']",
        message: "Make elements and set their textContent instead.",
      }],
      "array-callback-return": "error",
      "eqeqeq": "error",
      "no-shadow": "error",
      "no-unused-expressions": "error",
      "no-use-before-define": ["error", { functions: false }],
      "no-var": "error",
      "prefer-const": "error",
      "curly": "error",
      "max-len": ["error", { code: 120 }],
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", 60],
      "complexity": ["error", 12],
    },
  },
  {
    files: ["tests/scripts/**"],
    languageOptions: { globals: { process: "readonly", Buffer: "readonly" } },
    rules: { "max-lines-per-function": "off" },
  },
];
