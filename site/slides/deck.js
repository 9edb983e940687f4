// What a deck does beyond reveal.js: it makes what is too large for its slide smaller, leaves the
// keys of a control to the control, and says things in the language of the deck.
(() => {
  "use strict";
  const words = deckWords;
  const root = document.documentElement;
  const printed = /print-pdf|view=print/.test(location.search);
  const upright = matchMedia("(orientation: portrait) and (max-width: 40rem)");
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const frames = () => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
    setTimeout(done, 200); // in a tab behind others there are no frames
  });

  const size = () => (upright.matches && !printed ? { width: 720, height: 1280 } : { width: 1280, height: 720 });

  const SMALLEST = 0.5;
  const HANGS = 8;

  /** Whether something on a slide is cut off. */
  function overfull(body) {
    // The root of a formula may hang below the last line: the margin has room for it.
    if (body.scrollHeight > body.clientHeight + HANGS || body.scrollWidth > body.clientWidth + 1) return true;
    if (all(".mm-picture", body).some((picture) => picture.clientHeight < 260)) return true;
    return false;
  }

  /** Make something smaller, by steps, until it is not too large. */
  function shrink(element, property, tooLarge) {
    let fit = 1;
    element.style.removeProperty(property);
    while (fit > SMALLEST && tooLarge()) {
      fit = Math.round((fit - 0.04) * 100) / 100;
      element.style.setProperty(property, String(fit));
    }
  }

  /** Make the words of a slide as large as they can be, at most as large as they should be. */
  function fitWords(body) {
    body.style.removeProperty("--deck-fit");
    // What is too wide is made smaller by itself; code and what it prints have one size.
    const parts = all(".mm-scroll, pre, table", body);
    for (const part of parts) {
      const holder = part.closest(".cell") ?? part;
      const inside = parts.filter((other) => holder.contains(other));
      shrink(holder, "--part-fit", () => inside.some((other) => other.scrollWidth > other.clientWidth + 1));
    }
    shrink(body, "--deck-fit", () => overfull(body));
  }

  /** Put the sliders of an explorable beside it, among the words of the slide. */
  function moveSliders(box) {
    const sliders = all(".mm-live > .mm-vbox > *", box).filter((part) => !part.querySelector(".mmx"));
    if (!sliders.length) return;
    const place = Object.assign(document.createElement("div"), { className: "deck-sliders" });
    place.append(...sliders);
    box.closest(".deck-body").append(place);
  }

  /** Give explorables the width at which they are largest on their slides: they lay themselves out. */
  async function fitExplorables() {
    const boxes = all(".mm-picture .mm-explorable[data-live]").map((box) => ({
      live: box.querySelector(".mm-live"), room: [box.clientWidth, box.clientHeight], best: [0, 0, 0],
    }));
    if (!boxes.length) return;
    for (const { live } of boxes) live.style.transform = "none";
    for (const width of [480, 560, 640, 720, 800, 900, 1000, 1120]) {
      for (const { live } of boxes) live.style.width = `${width}px`;
      await frames();
      for (const box of boxes) {
        const height = box.live.offsetHeight * 1.02;
        const scale = Math.min(box.room[0] / width, box.room[1] / height, 1.8);
        if (scale > box.best[0] * 1.03) box.best = [scale, width, height];
      }
    }
    for (const { live, room, best: [scale, width] } of boxes) {
      live.style.width = `${width}px`;
      live.style.transform = `translateX(${(room[0] - width * scale) / 2}px) scale(${scale})`;
    }
    await frames();
  }

  const reveal = document.querySelector(".reveal");

  async function measure() {
    const { width, height } = size();
    root.style.setProperty("--deck-width", `${width}px`);
    root.style.setProperty("--deck-height", `${height}px`);
    reveal.classList.add("deck-measuring");
    await frames();
    await document.fonts.ready;
    reveal.classList.add("deck-words"); // pictures take what the words leave
    all(".deck-body").forEach(fitWords);
    reveal.classList.remove("deck-words");
    await fitExplorables();
    reveal.classList.remove("deck-measuring");
  }

  /* ---- keys */

  const CONTROL = "input, select, textarea, summary, [role=slider]";

  /** Whether a key is reveal's: not what a control needs that has the focus. */
  function ours(event) {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest(CONTROL)) return false;
    return !(target?.closest("button, a") && [" ", "Enter"].includes(event.key));
  }

  addEventListener("keydown", (event) => {
    const inside = event.target instanceof Element && event.target.closest(".mm-explorable, .deck-sliders");
    if (!inside) return;
    if (event.key === "Escape") event.target.blur();
    // What a presenter's remote sends turns the page, whatever was touched last.
    else if (event.key === "PageDown") Reveal.next();
    else if (event.key === "PageUp") Reveal.prev();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);

  function turnTheme() {
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
  }

  /** The words that reveal.js has in English only. */
  function translate() {
    for (const [name, text] of Object.entries(words)) {
      for (const button of all(`.controls .navigate-${name}`)) button.setAttribute("aria-label", text);
    }
  }

  async function start() {
    all(".mm-explorable[data-live]").forEach(moveSliders);
    for (const part of all(".mm-explorable, .deck-sliders")) part.setAttribute("data-prevent-swipe", "");
    await measure();
    await Reveal.initialize({
      ...size(), margin: 0, minScale: 0.1, maxScale: 4, center: false, hash: true, hashOneBasedIndex: true, slideNumber: "c/t",
      transition: "none", backgroundTransition: "none", help: false, jumpToSlide: false, scrollActivationWidth: null,
      pdfSeparateFragments: false, pdfMaxPagesPerSlide: 1, keyboardCondition: ours,
      keyboard: { 84: turnTheme }, plugins: printed ? [] : [RevealNotes],
    });
    translate();
    upright.addEventListener("change", async () => {
      await measure();
      Reveal.configure(size());
      Reveal.layout();
    });
    root.dataset.ready = "";
  }

  // The host of the explorables waits for the same event, and asked first.
  if (document.readyState === "complete") start();
  else addEventListener("DOMContentLoaded", start);
})();
