// The phase portrait of momentum along one direction of curvature 1: velocity against position, the
// flow around the minimizer, and the lines of the eigenvectors.
import { after } from "./_after.js";
import { head, key, presets } from "./_controls.js";
import { rate, regime, roots } from "./_descent.js";
import { columns, pathCard, rootPlane } from "./_direction.js";
import { clamp, digits, fill, fixed, make, num, rounded, set, stroke, tenth, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { curve, plot } from "./_plot.js";
import { explorable } from "./_stage.js";

/** What a link to a setting holds, and the range of each number. */
export const state = { eta: [0, 4], beta: [0, 0.99], start: [-20, 20] };

const STEPS = 50;
const FINE = 6; // points of a flow line per step
const STARTS = 12;

/**
 * The matrix of one step, which takes (x, v) to the next.
 * @param {number} eta
 * @param {number} beta
 */
export const matrix = (eta, beta) => [[1 - eta, -eta * beta], [1, beta]];

/** A matrix times a pair. */
const apply = (/** @type {number[][]} */ m, /** @type {number[]} */ [x, v]) => m.map(([a, b]) => a * x + b * v);

/**
 * The pairs (x, v), step by step, as long as they are finite.
 * @param {number[]} start
 * @param {number[][]} step a matrix
 * @param {number} steps
 * @returns {number[][]}
 */
export function orbit(start, step, steps) {
  const points = [start];
  while (points.length <= steps) {
    const next = apply(step, points[points.length - 1]);
    if (!next.every(Number.isFinite)) break;
    points.push(next);
  }
  return points;
}

/**
 * The power R^share of the matrix of a step, by which the discrete steps become a smooth flow; that
 * of R² where roots are negative, so that each step jumps to the other side.
 * @param {number} eta
 * @param {number} beta
 * @param {number} share
 * @returns {number[][]}
 */
export function flow(eta, beta, share) {
  let step = matrix(eta, beta);
  let [[a, b], [c]] = roots(1, eta, beta);
  if (b === 0 && a < 0) {
    const [x, v] = [apply(step, [step[0][0], step[1][0]]), apply(step, [step[0][1], step[1][1]])];
    step = [[x[0], v[0]], [x[1], v[1]]];
    [a, c] = [a * a, c * c];
  }
  // R^s = pR + qI, with p and q such that each root r becomes r^s.
  const size = Math.hypot(a, b) ** share;
  const turn = share * Math.atan2(b, a);
  const p = b ? (size * Math.sin(turn)) / b : a - c > 1e-9 ? (size - c ** share) / (a - c) : a ? share * a ** (share - 1) : 0;
  const q = size * Math.cos(turn) - p * a;
  return step.map((row, i) => row.map((value, j) => p * value + (i === j ? q : 0)));
}

/**
 * The directions (x, v) in which a step only stretches, the slower one first; none where the roots
 * are complex, one where they are double.
 * @param {number} eta
 * @param {number} beta
 * @returns {{root: number, along: number[]}[]}
 */
export function lines(eta, beta) {
  const both = roots(1, eta, beta);
  if (both[0][1]) return [];
  return both.slice(0, both[0][0] - both[1][0] ? 2 : 1).map(([root]) => ({ root, along: [root - beta, 1] }));
}

/** The portrait: flow, lines, the path and its start. */
function portrait(/** @type {any} */ { model, labels, initial, change }) {
  const area = plot({ label: labels["phase.portrait"], role: "group", names: ["x", "v"], framed: true });
  // The flow, one path for all lines, and another for their heads.
  const sea = [{}, { fill: "var(--contour)", stroke: "none" }].map((look) => stroke({ stroke: "var(--contour)", opacity: 0.75, ...look }));
  const axes = make("svg:path", { stroke: "var(--grid)" });
  const rays = [0, 1].map((i) => make("svg:path", { stroke: "var(--ink)", "stroke-width": 1.5, "stroke-dasharray": i ? "3 4" : "none" }));
  const names = rays.map(() => make("svg:text", { class: "halo", style: "fill:var(--ink)" }));
  const path = curve("var(--momentum)", { width: 1.25, dots: 6, most: 99 });
  const arrows = make("svg:path", { fill: "var(--momentum)" });
  area.marks.append(...sea, axes, ...rays, path.node, arrows);
  const handle = grip({
    label: labels["explore.start"], colour: "var(--momentum)", step: [0.1, 0.1], toData: area.toData,
    get: () => model.get("start"),
    put: (p) => change({ start: p.map((v, i) => Number(clamp(clamp(v, ...area.box[i]), ...state.start).toFixed(3))) }),
    home: () => change({ start: initial.start }),
    text: (p) => p.map((v, i) => `${"xv"[i]} = ${num(v, { maximumFractionDigits: 2 })}`).join(", "),
  });
  area.over.append(...names, handle.node);
  let [wide, tall] = [0, 0];
  let held = "";
  return {
    node: area.node,
    layout(/** @type {number} */ width, /** @type {number} */ height) {
      [wide, tall, held] = [width, height, ""];
    },
    draw(/** @type {any} */ { eta, beta, start }, /** @type {number[][]} */ points) {
      // In these units of v a swing without friction is a circle; from rest, v begins with x.
      const half = [2.1, 2.1 / Math.sqrt(clamp(eta, 0.02, 0.8))].map((h, i) => Math.max(h, 1.1 * Math.abs(start[i])));
      if (held !== `${half}`) {
        held = `${half}`;
        area.layout(wide, tall, half.map((h) => [-h, h]));
        const [cx, cy] = area.place([0, 0]);
        set(axes, { d: `M${area.area.left} ${cy}h${wide}M${cx} 0v${tall}` });
      }
      const { place, area: inner } = area;
      const [[a, b], [c, d]] = flow(eta, beta, 1 / FINE);
      const [[cx, cy], [ux, uy]] = [place([0, 0]), place([1, 1])];
      let [flows, tips] = ["", ""];
      for (let k = 0; k < STARTS; k++) {
        const angle = (2 * Math.PI * (k + 0.5)) / STARTS;
        flows += stream([a, b, c, d], [0.97 * half[0] * Math.cos(angle), 0.97 * half[1] * Math.sin(angle)], [cx, cy, ux - cx, uy - cy], (head) => { tips += head; });
      }
      [flows, tips].forEach((path, k) => set(sea[k], { d: path }));
      const found = lines(eta, beta);
      rays.forEach((ray, i) => {
        const one = found[i];
        set(ray, { visibility: one ? "visible" : "hidden" });
        write(names[i], one ? `r = ${num(one.root)}` : "");
        if (!one) return;
        const far = Math.min(...one.along.map((a, k) => half[k] / Math.abs(a)));
        const [from, to] = [-far, far].map((s) => place(one.along.map((a) => a * s)));
        set(ray, { d: `M${from}L${to}` });
        const [x, y] = place(one.along.map((a) => (i ? 0.8 : -0.8) * far * a));
        const flat = Math.abs(from[0] - to[0]) > Math.abs(from[1] - to[1]);
        set(names[i], { x: clamp(x + 8, inner.left + 4, inner.left + inner.width - 76), y: clamp(y + (flat ? 20 : 4), 24, inner.height) });
      });
      path.draw(points, area);
      let heads = "";
      points.slice(0, 9).forEach((p, t) => {
        if (!t || points[t - 1].some((v, i) => Math.abs(v) > half[i])) return; // not drawn from there
        const [a, b] = [points[t - 1], p].map(place);
        if (Math.hypot(b[0] - a[0], b[1] - a[1]) > 24) tip(a, a.map((v, i) => (v + b[i]) / 2), (at) => { heads += at; });
      });
      set(arrows, { d: heads });
      handle.place(place(start), area.box);
    },
  };
}

/**
 * The path of a flow line, in pixels; `put` gets its arrow head.
 * @param {number[]} step what takes (x, v) to the next point, row by row
 * @param {number[]} start
 * @param {number[]} scale where (0, 0) is, and how far it is to 1 along x and v
 * @param {(path: string) => void} put
 * @returns {string}
 */
function stream([a, b, c, d], [x, v], [cx, cy, kx, ky], put) {
  let px = cx + x * kx;
  let py = cy + v * ky;
  let path = `M${corner(px)} ${corner(py)}`;
  // How far the line has come, and since its last corner; where it went from there.
  let length = 0;
  let run = 0;
  let wx = 0;
  let wy = 0;
  const last = 30 * FINE;
  for (let t = 1; t <= last && length < 1400; t++) {
    // Thousands of steps at each input: without arrays.
    const next = a * x + b * v;
    v = c * x + d * v;
    x = next;
    const dx = cx + x * kx - px;
    const dy = cy + v * ky - py;
    const far = Math.sqrt(dx * dx + dy * dy);
    if (length < 34 && length + far >= 34) tip([px, py], [px + dx, py + dy], put);
    if (!run) {
      wx = dx / far;
      wy = dy / far;
    }
    length += far;
    run += far;
    px += dx;
    py += dy;
    // A corner where the line has bent by some hundredths of a pixel, and at its end.
    if (run * Math.abs(wx * dy - wy * dx) > 0.15 * far || run > 60 || t === last || length >= 1400) {
      path += `L${corner(px)} ${corner(py)}`;
      run = 0;
    }
  }
  return path;
}

/** A coordinate of a corner; what is far outside stays there. */
const corner = (/** @type {number} */ z) => digits(clamp(z, -9999, 9999));

/** An arrow head at b, on the way from a. */
function tip(/** @type {number[]} */ a, /** @type {number[]} */ b, /** @type {(path: string) => void} */ put) {
  const far = Math.hypot(b[0] - a[0], b[1] - a[1]);
  const [x, y] = [(b[0] - a[0]) / far, (b[1] - a[1]) / far];
  const at = (/** @type {number} */ p, /** @type {number} */ q) => `${tenth(b[0] + p * x - q * y)} ${tenth(b[1] + p * y + q * x)}`;
  put(`M${at(5, 0)}L${at(-4, 4)}L${at(-4, -4)}Z`);
}

/** The sentence. */
function sentence(/** @type {any} */ labels, /** @type {number} */ eta, /** @type {number} */ beta) {
  const kind = regime(1, eta, beta, 5e-4);
  const [[re, im], [other]] = roots(1, eta, beta);
  const size = rate(1, eta, beta);
  const told = (/** @type {number} */ v) => (Math.abs(Math.abs(v) - 1) < 5e-4 ? num(v, fixed(6)) : rounded(v, 3));
  return fill(labels[`phase.${eta && !beta ? "gd" : kind}`], {
    r1: told(re), r2: told(other), re: told(re), im: told(im), rate: told(size),
    period: num((2 * Math.PI) / Math.atan2(im, re)),
  });
}

/** @param {any} context */
function mount(context) {
  const { labels, initial, say } = context;
  const main = portrait(context);
  const plane = rootPlane(labels["phase.roots"]);
  const card = pathCard(labels, { label: labels["phase.path"], lam: "x, ηλ", steps: STEPS });
  const told = make("p", { class: "status" });
  const bar = presets(context, [
    { name: "over", values: { eta: 0.1, beta: 0.1 } },
    { name: "critical", values: { eta: 0.1, beta: (1 - Math.sqrt(0.1)) ** 2 } },
    { name: "under", values: { eta: 0.1, beta: 0.9 } },
    { name: "gd", values: { eta: 0.1, beta: 0 } },
    { name: "alternating", values: { eta: 1.9, beta: 0.04 } },
    { name: "diverges", values: { eta: 3.5, beta: 0.5, start: [0.2, 0] } },
  ].map((p) => ({ ...p, values: { start: initial.start, ...p.values }, text: p.name === "gd" ? "β = 0" : labels[`explore.regime.${p.name}`] })), labels["phase.hint"]);
  const grid = columns(
    [head(labels["phase.portrait"], { beside: [key(labels["phase.others"], "var(--contour)"), key(labels["phase.lines"], "var(--ink)")] }), main.node],
    [head(labels["phase.roots"]), plane.node, ...card.nodes]);
  return {
    nodes: [bar, grid.node, told],
    layout(/** @type {number} */ w) {
      const [wide, each] = grid.layout(w);
      main.layout(wide, clamp(wide * 0.9, 300, 420));
      plane.layout(each, clamp(each * 0.7, 170, 210));
      card.layout(each, w < 620 ? 150 : 206);
      told.style.minHeight = w < 480 ? "7.5em" : "3em";
    },
    draw(/** @type {any} */ values) {
      const { eta, beta, start } = values;
      const points = orbit(start, matrix(eta, beta), STEPS);
      main.draw(values, points);
      plane.draw([1], eta, beta);
      const words = card.draw(points.map(([x]) => x), eta, 1, beta);
      after(told, () => {
        const text = sentence(labels, eta, beta);
        write(told, text);
        say(`${words()}. ${text}`);
      });
    },
  };
}

const render = explorable({ state, mount });

export default { render };
