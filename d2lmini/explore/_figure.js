// What every explorable draws with: elements, numbers, scales, a draggable point, a live region,
// a log chart, and a stage that lays out on resize and redraws once a frame. Colours are CSS
// variables: the book's (--mm-*), or the fallbacks below in JupyterLab, Colab and VS Code.
// A grip is display:block because touch-action does not apply to inline boxes, which SVG's are.

const LIGHT = "--ink:var(--mm-ink,#1f2937);--muted:var(--mm-muted,#6b7280);--grid:var(--mm-grid,#d1d5db);--contour:var(--mm-contour,#9aa5b1);--paper:var(--mm-paper,#fff);--gd:var(--mm-gd,#c2410c);--momentum:var(--mm-momentum,#1d4ed8);--nesterov:var(--mm-nesterov,#047857);--accent:var(--mm-accent,#a21caf)";
const DARK = "--ink:var(--mm-ink,#e5e7eb);--muted:var(--mm-muted,#9ca3af);--grid:var(--mm-grid,#374151);--contour:var(--mm-contour,#5b6675);--paper:var(--mm-paper,#111418);--gd:var(--mm-gd,#fb923c);--momentum:var(--mm-momentum,#60a5fa);--nesterov:var(--mm-nesterov,#34d399);--accent:var(--mm-accent,#e879f9)";
const CSS = `
.mmx{${LIGHT};color:var(--ink);font-size:.875rem;line-height:1.45;width:100%;min-width:0;box-sizing:border-box;padding:.25rem 0;contain:layout style}
html[data-theme=dark] .mmx,body[data-jp-theme-light=false] .mmx{${DARK}}
@media (prefers-color-scheme:dark){html:not([data-theme]) body:not([data-jp-theme-light]) .mmx{${DARK}}}
@media (forced-colors:active){.mmx.mmx{--ink:CanvasText;--muted:CanvasText;--grid:GrayText;--contour:GrayText;--paper:Canvas;--gd:LinkText;--momentum:Highlight;--nesterov:VisitedText;--accent:Highlight}}
.mmx *{box-sizing:border-box}
.mmx svg{display:block;overflow:visible;max-width:100%;font:inherit;font-size:12px;user-select:none;-webkit-user-select:none}
.mmx text{fill:var(--muted);font-variant-numeric:tabular-nums}
.mmx .var{font-style:italic;font-family:"STIX Two Math","Times New Roman",serif;font-size:15px;fill:var(--ink)}
.mmx p{margin:0;font-size:.875rem;line-height:1.45}
.mmx .bar{display:flex;flex-wrap:wrap;align-items:center;margin:0 -.25rem .5rem}
.mmx button{font:inherit;font-size:.8125rem;color:var(--ink);background:none;border:0;padding:.25rem;min-height:44px;min-width:44px;cursor:pointer;touch-action:manipulation}
.mmx button span{display:block;border:1px solid var(--grid);border-radius:999px;padding:.25rem .625rem}
.mmx button i{font-style:normal;color:var(--muted);white-space:pre}
.mmx.narrow button i{display:none}
.mmx button:hover span{border-color:var(--muted)}
.mmx button:focus-visible{outline:0}
.mmx button:focus-visible span{outline:2px solid var(--accent);outline-offset:2px}
.mmx .head{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:baseline;margin-bottom:.375rem;font-weight:600}
.mmx .head small{font-weight:400;font-size:.8125rem;color:var(--muted)}
.mmx .swatch{display:inline-block;vertical-align:middle;margin:-2px .5em 0 0}
.mmx .panels{display:grid;gap:1.5rem}
.mmx .wide{grid-template-columns:1fr 1fr;gap:2rem}
.mmx .status{margin-top:.5rem;font-variant-numeric:tabular-nums}
.mmx .below{margin-top:1.25rem}
.mmx .end{margin-inline-start:auto;padding:0 .25rem;font-size:.8125rem;color:var(--muted)}
.mmx .quiet{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.mmx .grip{display:block;cursor:grab;touch-action:none;outline:0}
.mmx .grip:active{cursor:grabbing}
.mmx .grip .ring{opacity:0}
.mmx .grip:focus-visible .ring,.mmx .grip:hover .ring{opacity:1}
`;

/**
 * Make an element; `on…` attributes are listeners, strings become text.
 * @param {string} tag an HTML tag, or one of SVG with the prefix "svg:"
 * @param {Object<string, any>} [attributes]
 * @param {...(Node|string)} children
 * @returns {any}
 */
export function make(tag, attributes = {}, ...children) {
  const name = tag.replace("svg:", "");
  const element = name === tag ? document.createElement(tag) : document.createElementNS("http://www.w3.org/2000/svg", name);
  set(element, attributes);
  element.append(...children);
  return element;
}

/**
 * Set attributes, listeners included.
 * @param {Element} element
 * @param {Object<string, any>} attributes
 */
export function set(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
}

/**
 * Put values in the places of a label: "step {n}" with {n: 3} is "step 3".
 * @param {string} text
 * @param {Object<string, any>} values
 * @returns {string}
 */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);

const formats = new Map();

/**
 * A number as the notebook's cells print it: a decimal point in every language, no grouping.
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 * @returns {string}
 */
export function num(value, options = { maximumSignificantDigits: 3 }) {
  const size = Math.abs(value);
  const wide = size !== 0 && (size < 1e-3 || size >= 1e6);
  const chosen = wide ? { notation: "scientific", minimumFractionDigits: 1, maximumFractionDigits: 1 } : options;
  const key = JSON.stringify(chosen);
  // @ts-ignore (the notation is one of Intl's)
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat("en-US", { useGrouping: false, ...chosen }));
  return formats.get(key).format(value).replace("E", "e").replaceAll("-", "−");
}

export const fixed = (/** @type {number} */ digits) => ({ minimumFractionDigits: digits, maximumFractionDigits: digits });
export const clamp = (/** @type {number} */ v, /** @type {number} */ low, /** @type {number} */ high) => Math.min(high, Math.max(low, v));

/**
 * Round ticks of [low, high], at most `most` steps apart.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 * @returns {number[]}
 */
export function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5].find((m) => m * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
}

/**
 * A path within a box of the data: the line, its dots, and where it first leaves.
 * Stretches with both ends outside are left out; coordinates are clipped before they are scaled,
 * so that a diverging path of 1e300 never reaches the renderer.
 * @param {number[][]} points
 * @param {number[][]} box [[low, high], [low, high]]
 * @param {(p: number[]) => number[]} place from data to pixels
 * @returns {{line: string, dots: string, exit: null | {step: number, at: number[], angle: number}}}
 */
export function trail(points, box, place) {
  const inside = (/** @type {number[]} */ p) => p.every((v, i) => v >= box[i][0] && v <= box[i][1]);
  const text = (/** @type {number[]} */ p) => place(p).map((v) => v.toFixed(1)).join(" ");
  // The point where the way from p (inside) to q (outside) crosses the edge.
  const edge = (/** @type {number[]} */ p, /** @type {number[]} */ q) => {
    const share = p.map((v, i) => (q[i] > box[i][1] ? (box[i][1] - v) / (q[i] - v) : q[i] < box[i][0] ? (box[i][0] - v) / (q[i] - v) : 1));
    const s = Math.min(...share);
    return p.map((v, i) => clamp(v + s * (q[i] - v), ...box[i]));
  };
  let line = "";
  let dots = "";
  let exit = null;
  points.forEach((p, t) => {
    const here = inside(p);
    if (here) dots += `M${text(p)}h0`;
    if (t === 0) {
      line = here ? `M${text(p)}` : "";
      return;
    }
    const before = points[t - 1];
    const there = inside(before);
    if (here && there) line += `L${text(p)}`;
    else if (here) line += `M${text(edge(p, before))}L${text(p)}`;
    else if (there) {
      const at = edge(before, p);
      line += `L${text(at)}`;
      if (!exit) {
        const [a, b] = [place(before), place(at)];
        exit = { step: t, at: b, angle: Math.atan2(b[1] - a[1], b[0] - a[0]) };
      }
    }
  });
  return { line, dots, exit };
}

/**
 * A root with the styles, laid out at every change of width, drawn at most once a frame.
 * @param {HTMLElement} el
 * @param {{layout: (width: number) => void, draw: () => void}} hooks
 * @returns {{root: HTMLElement, redraw: () => void, say: (text: string) => void, close: () => void}}
 */
export function stage(el, hooks) {
  const live = make("div", { class: "quiet", role: "status", "aria-live": "polite" });
  const root = make("div", { class: "mmx" }, make("style", {}, CSS), live);
  let width = 0;
  let frame = 0;
  let timer = 0;
  const redraw = () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      if (width) hooks.draw();
    });
  };
  const fit = () => {
    const now = Math.floor(root.clientWidth);
    if (!now || now === width) return;
    width = now;
    root.classList.toggle("narrow", width < 480);
    hooks.layout(width);
    hooks.draw();
  };
  const observer = new ResizeObserver(fit);
  observer.observe(root);
  el.append(root);
  // The first picture need not wait for the observer where the place is known already.
  queueMicrotask(fit);
  return {
    root,
    redraw,
    // A drag changes the words many times a second: they are read out when it rests.
    say(text) {
      clearTimeout(timer);
      timer = setTimeout(() => { if (live.textContent !== text) live.textContent = text; }, 600);
    },
    close() {
      observer.disconnect();
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      root.remove();
    },
  };
}

/**
 * A point to drag, by pointer and by keyboard (arrows, Shift for larger steps, Home to reset).
 * @param {{label: string, colour: string, step: number, get: () => number[], put: (p: number[]) => void,
 *   home: () => void, toData: (x: number, y: number) => number[], text: (p: number[]) => string}} options
 * @returns {{node: SVGElement, place: (at: number[], box: number[][]) => void}}
 */
export function grip({ label, colour, step, get, put, home, toData, text }) {
  const dot = (/** @type {Object<string, any>} */ attributes) => make("svg:circle", attributes);
  const node = make("svg:g", { class: "grip", tabindex: 0, role: "slider", "aria-label": label },
    dot({ r: 22.5, fill: "transparent" }),
    dot({ class: "ring", r: 13, fill: "none", stroke: "var(--accent)", "stroke-width": 2 }),
    dot({ r: 7.5, fill: "var(--paper)", stroke: "var(--ink)", "stroke-width": 2 }),
    dot({ r: 3, fill: colour }));
  let held = [0, 0];
  const pointer = (/** @type {PointerEvent} */ e) => {
    const frame = node.ownerSVGElement.getBoundingClientRect();
    return [e.clientX - frame.left, e.clientY - frame.top];
  };
  let at = [0, 0];
  set(node, {
    onpointerdown: (/** @type {PointerEvent} */ e) => {
      if (e.button) return;
      const p = pointer(e);
      held = [p[0] - at[0], p[1] - at[1]];
      node.setPointerCapture(e.pointerId);
      node.focus({ preventScroll: true });
      e.preventDefault();
    },
    onpointermove: (/** @type {PointerEvent} */ e) => {
      if (!node.hasPointerCapture(e.pointerId)) return;
      const p = pointer(e);
      put(toData(p[0] - held[0], p[1] - held[1]));
    },
    onkeydown: (/** @type {KeyboardEvent} */ e) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[e.key];
      if (way) put(get().map((v, i) => v + way[i] * step * (e.shiftKey ? 10 : 1)));
      else if (e.key === "Home") home();
      else return;
      e.preventDefault();
      e.stopPropagation();
    },
  });
  return {
    node,
    place(position, box) {
      at = position;
      const p = get();
      set(node, { transform: `translate(${position.map((v) => v.toFixed(1)).join(" ")})`, "aria-valuemin": box[0][0], "aria-valuemax": box[0][1], "aria-valuenow": p[0], "aria-valuetext": text(p) });
    },
  };
}

/**
 * A chart of positive numbers against the step, on a log axis.
 * @param {{steps: number, label: string, colours: string[]}} options
 * @returns {{node: SVGElement, layout: (width: number, decades: number[]) => void, draw: (curves: number[][]) => void}}
 */
export function logChart({ steps, label, colours }) {
  const node = make("svg:svg", { role: "img", "aria-label": label });
  const axes = make("svg:g");
  const curves = colours.map((colour, i) => {
    const pen = { fill: "none", stroke: colour, "stroke-linecap": "round", "stroke-linejoin": "round" };
    // The first curve is dashed too: colour is never the only difference.
    const line = make("svg:path", { ...pen, "stroke-width": 1.75, "stroke-dasharray": i === 0 && colours.length > 1 ? "5 4" : "none" });
    const dots = make("svg:path", { ...pen, "stroke-width": 4.5 });
    return { line, dots };
  });
  node.append(axes, ...curves.flatMap((c) => [c.line, c.dots]));
  let box = [[0, steps], [-6, 3]];
  let place = (/** @type {number[]} */ p) => p;
  return {
    node,
    layout(width, decades) {
      const [left, right, top, bottom, height] = [44, 12, 6, 26, 150];
      box = [[0, steps], decades];
      const [low, high] = decades;
      place = ([x, y]) => [left + (x / steps) * (width - left - right), top + ((high - y) / (high - low)) * (height - top - bottom)];
      set(node, { width, height, viewBox: `0 0 ${width} ${height}` });
      const parts = [];
      for (let d = Math.ceil(low / 3) * 3; d <= high; d += 3) {
        const y = place([0, d])[1];
        parts.push(make("svg:path", { d: `M${left} ${y}H${width - right}`, stroke: "var(--grid)" }));
        parts.push(power(d, left - 8, y + 4));
      }
      for (const t of ticks(0, steps, Math.max(2, Math.min(steps, width / 90)))) {
        if (!Number.isInteger(t)) continue;
        parts.push(make("svg:text", { x: place([t, 0])[0], y: height - 8, "text-anchor": "middle" }, num(t)));
      }
      axes.replaceChildren(...parts);
    },
    draw(all) {
      const [low] = box[1];
      curves.forEach((curve, i) => {
        // A loss of 0 (or below the axis) runs along the floor of the chart; an infinite one is cut.
        const points = (all[i] ?? []).map((v, t) => [t, clamp(Math.log10(v), low, 999)]);
        const { line, dots } = trail(points, box, place);
        set(curve.line, { d: line });
        set(curve.dots, { d: points.length > 60 ? "" : dots });
      });
    },
  };
}

/**
 * The text of 10ᵈ with a raised exponent.
 * @param {number} d
 * @param {number} x
 * @param {number} y
 * @returns {SVGElement}
 */
function power(d, x, y) {
  if (d === 0) return make("svg:text", { x, y, "text-anchor": "end" }, "1");
  return make("svg:text", { x, y, "text-anchor": "end" }, "10", make("svg:tspan", { dy: -5, "font-size": 9 }, num(d)));
}

/**
 * A line sample for a legend.
 * @param {string} colour
 * @param {boolean} dashed
 * @returns {SVGElement}
 */
export function swatch(colour, dashed) {
  return make("svg:svg", { class: "swatch", width: 22, height: 8, "aria-hidden": "true" },
    make("svg:path", { d: "M2 4H20", stroke: colour, "stroke-width": 2.5, "stroke-linecap": "round", "stroke-dasharray": dashed ? "5 4" : "none" }));
}

/**
 * A dot for a heading.
 * @param {string} colour
 * @returns {SVGElement}
 */
export function bullet(colour) {
  return make("svg:svg", { class: "swatch", width: 10, height: 10, "aria-hidden": "true" }, make("svg:circle", { cx: 5, cy: 5, r: 5, fill: colour }));
}
