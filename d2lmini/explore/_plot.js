// A drawing area with axes, and curves in it.
import { clamp, digits, make, num, set, tenth, ticks } from "./_figure.js";
import { pointerIn } from "./_grip.js";

/** A point in pixels as it stands in a path. */
export const pixel = (/** @type {number[]} */ [x, y]) => `${digits(x)} ${digits(y)}`;

/**
 * A path within a box of the data: the line, its dots, and where it first leaves.
 * Stretches with both ends outside are left out; coordinates are clipped before they are scaled,
 * so that a diverging path of 1e300 never reaches the renderer.
 * @param {number[][]} points
 * @param {number[][]} box [[low, high], [low, high]]
 * @param {(p: number[]) => number[]} place from data to pixels
 * @param {boolean} [spots] whether its dots are wanted
 * @returns {{line: string, dots: string, exit: null | {step: number, at: number[], angle: number}}}
 */
export function trail(points, box, place, spots = true) {
  const [[a, b], [c, d]] = box;
  const [x0, y0] = place([a, c]);
  const [kx, ky] = place([b, d]).map((v, i) => (v - (i ? y0 : x0)) / (i ? d - c : b - a));
  const text = (/** @type {number} */ x, /** @type {number} */ y) => `${digits(x0 + (x - a) * kx)} ${digits(y0 + (y - c) * ky)}`;
  // The point where the way from p (inside) to q (outside) crosses the edge.
  const edge = (/** @type {number[]} */ p, /** @type {number[]} */ q) => {
    const share = p.map((v, i) => (q[i] > box[i][1] ? (box[i][1] - v) / (q[i] - v) : q[i] < box[i][0] ? (box[i][0] - v) / (q[i] - v) : 1));
    const s = Math.min(...share);
    return p.map((v, i) => clamp(v + s * (q[i] - v), ...box[i]));
  };
  let line = "";
  let dots = "";
  let exit = null;
  let there = false;
  // Hundreds of points at each input: without an array for each.
  for (let t = 0; t < points.length; t++) {
    const p = points[t];
    const x = p[0];
    const y = p[1];
    const here = x >= a && x <= b && y >= c && y <= d;
    if (here) {
      const at = text(x, y);
      if (spots) dots += `M${at}h0`;
      if (!there && t) {
        const from = edge(p, points[t - 1]);
        line += `M${text(from[0], from[1])}`;
      }
      line += there || t ? `L${at}` : `M${at}`;
    } else if (there) {
      const before = points[t - 1];
      const at = edge(before, p);
      line += `L${text(at[0], at[1])}`;
      if (!exit) {
        const [from, to] = [place(before), place(at)];
        exit = { step: t, at: to, angle: Math.atan2(to[1] - from[1], to[0] - from[0]) };
      }
    }
    there = here;
  }
  return { line, dots, exit };
}

/**
 * The path through all of some points, "M1 2L3 4…".
 * @param {number[][]} points
 * @param {any} area a plot
 * @returns {string}
 */
export function outline(points, { place }) {
  let path = "";
  for (const p of points) path += `${path ? "L" : "M"}${pixel(place(p))}`;
  return path;
}

/**
 * A drawing area: a clipped group for `marks`, one `over` it that is not clipped, axes around both.
 *
 * On a log axis, data are decimal logarithms. With `framed` the area is a rounded box with tick
 * labels beside it; otherwise the labels of y stand on grid lines. `whole` axes have whole ticks.
 * `names` of one letter are set as mathematics. With `down`, which says what they count, the
 * numbers of y grow downwards: its data are their negatives.
 * @param {{label: string, role?: "img"|"group", names?: string[], log?: boolean[], whole?: boolean[], framed?: boolean, below?: number, left?: number, bare?: boolean, down?: string}} options
 *   `below` leaves room between the area and the tick labels of x, `bare` leaves these labels out;
 *   `left` is the least room for the labels of y, so that panels below one another are aligned;
 *   role "group" where something inside can be touched
 */
export function plot({ label, role = "img", names = ["", ""], log = [false, false], whole = [false, false], framed = false, below = 0, left: least = 0, bare = false, down = "" }) {
  // In a notebook each explorable has a copy of this module: a counter would repeat itself.
  const id = `mmx-plot-${Math.random().toString(36).slice(2)}`;
  const rect = make("svg:rect", { rx: framed ? 4 : 0 });
  const axes = make("svg:g");
  const marks = make("svg:g", { "clip-path": `url(#${id})` });
  const over = make("svg:g");
  const node = make("svg:svg", { role, "aria-label": label }, make("svg:clipPath", { id }, rect), axes, marks, over);
  const area = { left: 0, top: 0, width: 1, height: 1 };
  let known = "";
  /** @type {Map<string, SVGElement>} */
  let kept = new Map();
  const self = {
    node,
    marks,
    over,
    /** What `layout` draws around the area; it may be replaced after it. */
    axes,
    /** The inner rectangle in pixels. */
    area,
    /** The ranges of the data, [[low, high], [low, high]]. */
    box: [[0, 1], [0, 1]],
    /** From data to pixels. */
    place: (/** @type {number[]} */ [x, y]) => {
      const [[a, b], [c, d]] = self.box;
      return [area.left + ((x - a) / (b - a)) * area.width, area.top + ((d - y) / (d - c)) * area.height];
    },
    /** From pixels to data. */
    toData: (/** @type {number} */ x, /** @type {number} */ y) => {
      const [[a, b], [c, d]] = self.box;
      return [a + ((x - area.left) / area.width) * (b - a), d - ((y - area.top) / area.height) * (d - c)];
    },
    /**
     * Set the size in pixels, axes included, and the ranges of the data; draw the axes, if any of
     * these is new. What the axes have kept, only moves: a new text costs as much as a whole picture.
     * `own` ticks, [value, text] each, take the place of the reckoned ones of an axis, and those
     * of y have no grid lines and need `left`.
     */
    layout(/** @type {number} */ width, /** @type {number} */ height, /** @type {number[][]} */ box, { own = /** @type {any[][]} */ ([]) } = {}) {
      self.box = box;
      if (known === (known = `${[width, height, box, own]}`)) return;
      const marked = box.map(([low, high], i) => {
        if (own[i]) return own[i].map(([v]) => v);
        const most = clamp(i ? height / 45 : width / 90, 2, 8);
        if (log[i]) {
          const step = Math.max(1, Math.ceil((high - low) / Math.min(most, 5)));
          const first = Math.ceil(low / step) * step;
          return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, k) => first + k * step);
        }
        return ticks(low, high, most).filter((v) => !whole[i] || Number.isInteger(v));
      });
      const left = own[1] ? least : Math.max(least, log[1] ? 44 : 12 + 7.5 * Math.max(1, ...marked[1].map((v) => num(down ? Math.abs(v) : v).length)));
      Object.assign(area, { left, top: 8, width: width - left - (framed ? 1 : 12), height: height - (bare ? 12 : 34) - below });
      const [right, bottom] = [area.left + area.width, area.top + area.height];
      set(node, { width, height, viewBox: `0 0 ${width} ${height}` });
      const frame = { x: area.left, y: area.top, width: area.width, height: area.height };
      // What lies on the border of a chart is seen whole.
      const more = framed ? 0 : 4;
      set(rect, { x: area.left - more, y: area.top - more, width: area.width + 2 * more, height: area.height + 2 * more });
      /** @type {typeof kept} */
      const parts = new Map();
      const part = (/** @type {string} */ key, /** @type {Object<string, any>} */ attributes, /** @type {() => SVGElement} */ create) => {
        const node = kept.get(key) ?? create();
        set(node, attributes);
        parts.set(key, node);
      };
      const text = (/** @type {string} */ words, /** @type {number[]} */ at, anchor = "start", look = {}, value = NaN, create = () => make("svg:text", look, words)) =>
        part(`${anchor} ${value} ${words}`, { x: tenth(at[0]), y: tenth(at[1]), "text-anchor": anchor }, create);
      const said = (/** @type {number} */ v, /** @type {number} */ i, /** @type {number[]} */ at) => {
        const words = own[i]?.find(([w]) => w === v)?.[1] ?? num(down && i ? Math.abs(v) : v);
        text(words, at, i ? "end" : "middle", {}, v, log[i] && !own[i] ? () => power(v) : undefined);
      };
      if (framed) part("", frame, () => make("svg:rect", { rx: 4, fill: "var(--contour)", opacity: 0.09 }));
      for (const v of marked[1]) {
        const y = self.place([box[0][0], v])[1];
        if (!framed && !own[1]) part(`${v}`, { d: `M${area.left} ${y}H${right}` }, () => make("svg:path", { stroke: "var(--grid)" }));
        said(v, 1, [area.left - 7, y + 4]);
      }
      for (const v of bare ? [] : marked[0]) said(v, 0, [self.place([v, 0])[0], bottom + below + 17]);
      const kind = (/** @type {string} */ name) => ({ class: [...name].length <= 2 ? "var" : "axis" });
      if (names[0]) text(names[0], [right - 8, bottom - 8], "end", kind(names[0]));
      if (names[1]) text(names[1], [area.left + 8, area.top + (framed ? 18 : 12)], "start", kind(names[1]));
      if (down) text(down, [0, bottom + 17], "start");
      for (const [key, node] of kept) if (!parts.has(key)) node.remove();
      let next = axes.firstChild;
      for (const node of parts.values()) {
        if (node === next) next = next.nextSibling;
        else axes.insertBefore(node, next);
      }
      kept = parts;
    },
  };
  return self;
}

/**
 * Let a reader point at data: `see` hears where the mouse is in the plot, undefined when it has
 * left; `keep` hears where a click or a tap was. Grips are left alone.
 * @param {ReturnType<typeof plot>} area
 * @param {(at?: number[]) => void} see
 * @param {(at: number[]) => void} keep
 */
export function pointing({ node, toData }, see, keep) {
  const at = (/** @type {PointerEvent} */ e) => {
    const [x, y] = pointerIn(node, e);
    return toData(x, y);
  };
  set(node, {
    onpointermove: (/** @type {PointerEvent} */ e) => { if (e.pointerType === "mouse" && !e.buttons) see(at(e)); },
    onpointerleave: () => see(),
    onclick: (/** @type {any} */ e) => { if (!e.target.closest(".grip")) keep(at(e)); },
  });
}

/**
 * A line of points in a plot, with dots if they are not too many.
 * @param {string} colour
 * @param {{dash?: string, width?: number, dots?: number, most?: number}} [options] width of the
 *   line and of the dots in pixels; with more than `most` points there are no dots
 * @returns {{node: SVGElement, draw: (points: number[][], area: any) => ReturnType<typeof trail>["exit"]}}
 */
export function curve(colour, { dash = "none", width = 1.75, dots = 4.5, most = 60 } = {}) {
  const pen = { fill: "none", stroke: colour, "stroke-linecap": "round", "stroke-linejoin": "round" };
  const line = make("svg:path", { ...pen, "stroke-width": width, "stroke-dasharray": dash });
  const spots = make("svg:path", { ...pen, "stroke-width": dots });
  return {
    node: make("svg:g", {}, line, spots),
    draw(points, { box, place }) {
      const path = trail(points, box, place, !!dots && points.length <= most);
      set(line, { d: path.line });
      set(spots, { d: path.dots });
      return path.exit;
    },
  };
}

/**
 * The decimal logarithm of a positive number, kept within a range in which a picture can hold it:
 * a loss of 0 runs along the floor of its chart, an infinite one leaves it.
 * @param {number} value
 * @param {number} floor
 * @returns {number}
 */
export const log10 = (value, floor) => clamp(Math.log10(value), floor, 999);

/**
 * The text of 10ᵈ with a raised exponent.
 * @param {number} d
 * @returns {SVGElement}
 */
function power(d) {
  if (d === 0) return make("svg:text", {}, "1");
  return make("svg:text", {}, "10", make("svg:tspan", { dy: -5, "font-size": 9 }, num(d)));
}
