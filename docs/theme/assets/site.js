// The theme adds buttons to blocks of code and wraps tables when they come into view. Buttons are no landmark of the
// page; what scrolls can be reached by keyboard.
const amend = () => {
  for (const each of document.querySelectorAll("nav.md-code__nav:not([role])")) {
    each.setAttribute("role", "none");
  }
  for (const each of document.querySelectorAll(".md-typeset__scrollwrap, .formula")) {
    if (each.scrollWidth > each.clientWidth) {
      each.tabIndex = 0;
    } else {
      each.removeAttribute("tabindex");
    }
  }
};
let isAsked = false;
const ask = () => {
  if (!isAsked) {
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      amend();
    });
  }
};
new MutationObserver(ask).observe(document.body, { childList: true, subtree: true });
addEventListener("resize", ask);
ask();
