// The languages in the order that suits the reader: the one of the last visit first, with a link to
// the page where it ended; on a first visit the browser's own. Nobody is sent anywhere unasked.
(() => {
  "use strict";
  const { languages: words, ravine } = JSON.parse(document.getElementById("words").textContent);
  const list = document.querySelector(".languages");
  const card = (language) => list.querySelector(`li[data-language="${CSS.escape(language)}"]`);
  let shown = list.querySelector("li").dataset.language;

  let last = null;
  try {
    last = JSON.parse(localStorage.getItem("mm-course"));
  } catch {
    // Storage may be forbidden, or hold something else.
  }
  if (last && Object.hasOwn(words, last.language)) {
    const item = card(last.language);
    const link = item.querySelector("a");
    // Only a page of this site: the name of a file, never an address.
    if (typeof last.page === "string" && /^[\w-]+\.html$/.test(last.page)) {
      link.setAttribute("href", `${last.language}/${last.page}`);
      item.querySelector(".go").textContent = words[last.language].continue;
      const title = String(last.title || "").split(" — ")[0];
      if (title) item.querySelector(".title").textContent = title;
    }
    first(item);
  } else {
    for (const wish of navigator.languages || []) {
      const same = (tag) => tag.split("-")[0].toLowerCase() === wish.split("-")[0].toLowerCase();
      const language = Object.keys(words).find((key) => same(words[key].tag));
      if (!language) continue;
      first(card(language));
      break;
    }
  }

  function first(item) {
    shown = item.dataset.language;
    list.prepend(item);
    document.documentElement.lang = words[shown].tag;
    document.title = document.querySelector("h1").textContent = words[shown].title;
  }

  try {
    list.addEventListener("click", (event) => {
      const item = event.target.closest("li");
      if (item && !(last && last.language === item.dataset.language)) {
        localStorage.setItem("mm-course", JSON.stringify({ language: item.dataset.language, page: "index.html" }));
      }
    });
  } catch {
    // As above.
  }

  // The starting point can be dragged, and both methods set out from wherever it is put. Their
  // mathematics is that of the figures in the chapters.
  const shared = globalThis.momentumExplorables?.shared;
  const picture = document.querySelector(".ravine");
  if (!shared || !picture) return;
  const make = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  };
  const { scale, origin, lams, methods, reach } = ravine;
  const home = [...ravine.start];
  let start = home;
  const handle = make("g", { class: "handle", tabindex: 0, role: "slider", "aria-label": words[shown].drag, "aria-valuemin": reach[0][0], "aria-valuemax": reach[0][1] });
  handle.append(make("circle", { r: 26, fill: "transparent" }), make("circle", { class: "ring", r: 14 }));
  picture.removeAttribute("aria-hidden");
  picture.setAttribute("role", "group");
  picture.setAttribute("aria-label", words[shown].title);
  picture.append(handle);

  const pixels = (point) => point.map((value, i) => origin[i] + scale[i] * value);
  const text = (point) => pixels(point).map((value) => value.toFixed(1)).join();
  const draw = () => {
    const [x, y] = pixels(start);
    for (const mark of [picture.querySelector(".start"), handle]) mark.setAttribute("transform", `translate(${x} ${y})`);
    handle.setAttribute("aria-valuenow", start[0]);
    handle.setAttribute("aria-valuetext", `(${start.join(", ")})`);
    for (const [name, method] of Object.entries(methods)) {
      const path = shared.trajectory({ lams, start, ...method }).x;
      picture.querySelector(`.${name} polyline`).setAttribute("points", path.map(text).join(" "));
      picture.querySelectorAll(`.${name} circle`).forEach((dot, i) => {
        const [cx, cy] = pixels(path[i + 1]);
        dot.setAttribute("cx", cx.toFixed(1));
        dot.setAttribute("cy", cy.toFixed(1));
      });
    }
  };
  const put = (point) => {
    start = point.map((value, i) => Math.round(10 * Math.min(reach[i][1], Math.max(reach[i][0], value))) / 10);
    picture.dataset.held = "";
    draw();
  };
  const under = (event) => {
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
    return [place.x, place.y].map((value, i) => (value - origin[i]) / scale[i]);
  };
  handle.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    handle.setPointerCapture(event.pointerId);
    handle.focus({ preventScroll: true });
    event.preventDefault();
  });
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) put(under(event));
  });
  handle.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey || !(way || event.key === "Home")) return;
    put(way ? start.map((value, i) => value + way[i] * (event.shiftKey ? 1 : 0.1)) : home);
    event.preventDefault();
  });
  draw();
})();
