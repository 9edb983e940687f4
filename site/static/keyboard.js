// Keys for readers: / searches, the arrows turn the page, ? says so. They never take a key from what
// has a use of its own for it - text boxes, sliders, points to drag, what scrolls - and can be
// switched off, since whoever dictates to a computer types letters without wanting to.
(() => {
  "use strict";
  const dialog = document.querySelector(".mm-keys");
  if (!dialog || !dialog.showModal) return;
  // Sphinx takes "/" as well, for a search field that this theme keeps in a closed dialog.
  DOCUMENTATION_OPTIONS.ENABLE_SEARCH_SHORTCUTS = false;
  const NAME = "mm-keys";
  const allowed = dialog.querySelector("input");
  try {
    allowed.checked = localStorage.getItem(NAME) !== "off";
  } catch {
    // Storage may be forbidden; then the keys work, and the choice holds for this page.
  }
  allowed.addEventListener("change", () => {
    try {
      localStorage.setItem(NAME, allowed.checked ? "on" : "off");
    } catch {
      // As above.
    }
  });

  // A click beside it closes it: the dialog itself is hit only outside of what it holds.
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  for (const button of document.querySelectorAll(".mm-keys-open")) {
    button.addEventListener("click", () => dialog.showModal());
  }

  const BUSY = 'input, textarea, select, [contenteditable], [role="slider"], [role="group"][tabindex], [role="application"], .mm-live, dialog';
  const follow = (selector) => {
    const link = document.querySelector(selector);
    if (link) link.click();
    return Boolean(link);
  };
  const actions = {
    "/": () => follow(".search-button__button"),
    "?": () => (dialog.showModal(), true),
    ArrowLeft: () => follow(".prev-next-area .left-prev"),
    ArrowRight: () => follow(".prev-next-area .right-next"),
  };
  document.addEventListener("keydown", (event) => {
    if (!allowed.checked || event.defaultPrevented || event.repeat || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.shiftKey && event.key.startsWith("Arrow")) return; // marks text
    if (document.querySelector("dialog[open]") || event.target.closest(BUSY)) return;
    const action = Object.hasOwn(actions, event.key) && actions[event.key];
    if (action && action()) event.preventDefault();
  });
})();
