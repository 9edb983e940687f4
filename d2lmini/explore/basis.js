// One run in two bases: on f(x) = ½xᵀQx with Q = OᵀΛO, and in the coordinates z = Ox along the
// eigenvectors. Whoever turns Q turns the left picture; the right one stays.
import { after } from "./_after.js";
import { choice, head, key, presets } from "./_controls.js";
import { descend, optimum, rate, trajectory } from "./_descent.js";
import { DASHES, clamp, dress, fill, fixed, make, num, rounded, set, times, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { curve, plot, pointing } from "./_plot.js";
import { explorable } from "./_stage.js";

const [STEPS, STEEP] = [30, 4];
/** @type {Object<string, string>} */
const NAMES = { x1: "x₁", x2: "x₂", z1: "z₁", z2: "z₂" };
const KEYS = Object.keys(NAMES);

/** What a link to a setting holds, and the range of each number. */
export const state = { eta: [0, 1], beta: [0, 0.99], kappa: [1, 1000], angle: [-180, 180], start: [-6, 6], step: [0, STEPS, 1], coordinate: KEYS };

/**
 * The rows of O, which are the eigenvectors of Q: that of the smaller eigenvalue first, at `angle`
 * degrees to the axis of x₁, and the other a quarter of a turn further.
 * @param {number} angle
 * @returns {number[][]}
 */
export function eigenvectors(angle) {
  const [c, s] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  return [[c, s], [-s, c]];
}

const dot = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a[0] * b[0] + a[1] * b[1];
const columns = (/** @type {number[][]} */ [a, b]) => [[a[0], b[0]], [a[1], b[1]]];
const apply = (/** @type {number[][]} */ rows, /** @type {number[]} */ x) => rows.map((row) => dot(row, x));

/**
 * The same steps taken in x, and in z.
 * @param {{eta: number, beta: number, kappa: number, angle: number, start: number[]}} setting start in z
 * @returns {{lams: number[], x: number[][], z: number[][], gap: number}} `gap` is the largest
 *   difference between the x turned afterwards and z, relative to the largest z so far or 1
 */
export function ways({ eta, beta, kappa, angle, start }) {
  const turn = eigenvectors(angle);
  const back = columns(turn);
  const lams = [STEEP / kappa, STEEP];
  const Q = times(2, (i) => times(2, (j) => lams[0] * turn[0][i] * turn[0][j] + lams[1] * turn[1][i] * turn[1][j]));
  const method = { eta, beta, steps: STEPS };
  const { x } = descend((p) => apply(Q, p), apply(back, start), method);
  const { x: z } = trajectory({ lams, start, ...method });
  let [gap, size] = [0, 1];
  x.forEach((p, t) => apply(turn, p).forEach((v, i) => {
    size = Math.max(size, Math.abs(z[t][i]));
    gap = Math.max(gap, Math.abs(v - z[t][i]) / size);
  }));
  return { lams, x, z, gap };
}

/** @param {any} context */
function mount({ model, labels, initial, change, say }) {
  const word = (/** @type {string} */ name, values = {}) => fill(labels[`basis.${name}`], values);
  /** @type {any} */
  let now = initial;
  /** @type {any} */
  let run;
  let [half, width] = [6, 0];
  const turn = () => eigenvectors(now.angle);
  const near = (/** @type {number[][]} */ points, /** @type {number[]} */ [a, b]) => {
    const far = points.map(([c, d]) => Math.hypot(c - a, d - b));
    return { step: far.indexOf(Math.min(...far)) };
  };

  const sides = ["x", "z"].map((own, side) => {
    const names = KEYS.slice(2 * side, 2 * side + 2);
    const title = word(own);
    const plane = plot({ label: title, role: "group", names: names.map((k) => NAMES[k]), framed: true, left: 30 });
    const turned = make("svg:g", { fill: "none", stroke: "var(--contour)" });
    const axis = make("svg:path", { stroke: "var(--accent)" });
    const guide = make("svg:path", { stroke: "var(--accent)", "stroke-dasharray": "2 3", fill: "none" });
    const name = make("svg:text", { class: "halo", "text-anchor": "middle" });
    const path = curve("var(--path)", { dots: 5 });
    const shadow = curve("var(--accent)", { width: 0, dots: 5 });
    const ring = make("svg:circle", { r: 6, fill: "none", stroke: "var(--accent)", "stroke-width": 2 });
    const inside = (/** @type {number[]} */ z) => (side ? z : apply(columns(turn()), z));
    const start = grip({
      label: `${labels["explore.start"]}, ${title}`, colour: "var(--path)", step: [0.1, 0.1],
      get: () => inside(model.get("start")),
      put: (p) => change({ start: (side ? p : apply(turn(), p)).map((v) => Number(clamp(v, -6, 6).toFixed(3))) }),
      home: () => change({ start: initial.start }),
      toData: plane.toData,
      text: (p) => p.map((v, i) => `${NAMES[names[i]]} = ${num(v, { maximumFractionDigits: 2 })}`).join(", "),
    });
    const wheel = grip({
      label: word("angle"), colour: "var(--ink)", step: [1, 0],
      get: () => [model.get("angle")],
      put: ([a]) => change({ angle: Math.round(a > 180 ? a - 360 : a < -180 ? a + 360 : a) }),
      home: () => change({ angle: initial.angle }),
      toData: (x, y) => { const [p, q] = plane.toData(x, y); return [(Math.atan2(q, p) * 180) / Math.PI]; },
      text: ([a]) => `${num(a)}°`,
    });
    plane.marks.append(turned, axis, path.node, shadow.node, guide, ring);
    plane.over.append(name, ...(side ? [] : [wheel.node]), start.node);

    const chart = plot({ label: names.map((k) => NAMES[k]).join(", "), role: "group", whole: [true, true], left: 30 });
    const cursor = make("svg:path", { stroke: "var(--accent)" });
    const lines = names.map((_, i) => curve(`var(--line${i})`, { dash: i ? DASHES.gd : "none", dots: 4 }));
    const pick = grip({
      label: `${word("step")}, ${title}`, colour: "var(--accent)", step: [1, 0],
      get: () => [model.get("step")],
      put: ([t]) => change({ step: Math.round(clamp(t, 0, STEPS)) }),
      home: () => change({ step: initial.step }),
      toData: chart.toData,
      text: () => fill(labels["explore.step"], { n: now.step }),
    });
    chart.marks.append(cursor, ...lines.map((l) => l.node));
    chart.over.append(pick.node);
    const at = (/** @type {number[]} */ [t, v]) => {
      const step = Math.round(clamp(t, 0, STEPS));
      const p = run[own][step];
      return { step, coordinate: names[Math.abs(p[0] - v) > Math.abs(p[1] - v) ? 1 : 0] };
    };
    pointing(chart, (p) => show(p && at(p)), (p) => change(at(p)));
    pointing(plane, (p) => show(p && near(run[own], p)), (p) => change(near(run[own], p)));
    const told = make("p", { class: "status", style: "min-height:3em" });
    const node = make("div", {}, head(title), plane.node, make("div", {}, make("div", { class: "head" }, ...names.map((k, i) => key(NAMES[k], `var(--line${i})`, i ? DASHES.gd : "none"))), chart.node, told));
    return {
      node, told,
      layout(/** @type {number} */ w) {
        plane.layout(w, w + 3, [[-half, half], [-half, half]]);
        chart.layout(w, 160, [[0, STEPS], [-half, half]]);
        const [cx, cy] = plane.place([0, 0]);
        const unit = plane.area.width / half / 2;
        const share = times(8, (k) => ((k + 1) / 7) * half * unit);
        turned.replaceChildren(make("svg:path", { d: `M${cx - w} ${cy}h${2 * w}M${cx} ${cy - w}v${2 * w}`, "stroke-dasharray": "5 4" }),
          ...share.map((r) => make("svg:ellipse", { cx, cy, rx: r * Math.sqrt(now.kappa), ry: r, opacity: 0.6 })));
      },
      draw(/** @type {any} */ { step, coordinate, angle, beta }) {
        const points = run[own];
        const [cx, cy] = plane.place([0, 0]);
        set(turned, { transform: `rotate(${side ? 0 : -angle} ${cx} ${cy})` });
        dress(node, "--path", `var(--${beta ? "momentum" : "gd"})`);
        // The direction of the coordinate that is followed, in this panel's basis.
        const i = Number(coordinate[1]) - 1;
        const unit = [i ? 0 : 1, i];
        const u = coordinate[0] === own ? unit : apply(side ? turn() : columns(turn()), unit);
        const foot = (/** @type {number[]} */ p) => u.map((v) => v * dot(u, p));
        const place = (/** @type {number[]} */ p) => plane.place(p.map((v) => clamp(v, -99, 99)));
        set(axis, { d: `M${plane.place(u.map((v) => -2 * half * v))}L${plane.place(u.map((v) => 2 * half * v))}` });
        path.draw(points, plane);
        shadow.draw(points.map(foot), plane);
        const p = points[step];
        set(guide, { d: `M${place(p)}L${place(foot(p))}` });
        const [x, y] = place(p);
        set(ring, { cx: x, cy: y });
        const [nx, ny] = plane.place(u.map((v, k) => half * (0.7 * v + (k ? u[0] : -u[1]) / 14)));
        write(name, NAMES[coordinate]);
        set(name, { x: nx, y: ny });
        start.place(plane.place(points[0]), plane.box);
        wheel.place(plane.place(turn()[0].map((v) => 0.9 * half * v)), [[-180, 180]]);
        lines.forEach((line, k) => {
          dress(node, `--line${k}`, `var(--${names[k] === coordinate ? "accent" : "path"})`);
          line.draw(points.map((/** @type {number[]} */ q, /** @type {number} */ t) => [t, q[k]]), chart);
        });
        set(cursor, { d: `M${chart.place([step, half])}v${chart.area.height}` });
        // At what is kept: under the mouse it would be in the way.
        pick.place(chart.place([now.step, clamp(points[now.step][coordinate[0] === own ? i : 0], -half, half)]), [[0, STEPS]]);
      },
    };
  });

  const check = make("p", { class: "status" });
  const followed = choice({ label: word("follow"), options: Object.entries(NAMES), put: (coordinate) => change({ coordinate }) });
  const best = () => optimum(STEEP / now.kappa, STEEP);
  const bar = presets({ labels, initial, change }, Object.entries({
    best_gd: () => ({ eta: best().gd, beta: 0 }),
    best_momentum: () => ({ eta: best().eta, beta: best().beta }),
    round: { kappa: 1 },
  }).map(([name, values]) => ({ name, text: word(name), values })));
  const grid = make("div", { class: "panels below" }, ...sides.map((s) => s.node));
  let laid = "";

  /** Draw what is kept, but for what the mouse points at. */
  function show(under = {}) {
    const values = { ...now, ...under };
    const { eta, beta, kappa, angle, start } = values;
    run = ways(values);
    half = Math.max(6, 1.1 * Math.hypot(...start));
    if (laid !== (laid = `${[half, kappa, width]}`)) {
      const two = width >= 560;
      grid.style.gridTemplateColumns = `repeat(${two ? 2 : 1}, minmax(0, 1fr))`;
      sides.forEach((s) => s.layout(two ? (width - 24) / 2 : width));
    }
    sides.forEach((s) => s.draw(values));
    followed.draw(values.coordinate);
    after(check, () => {
      const [[c, s]] = turn();
      const mix = (/** @type {number} */ a, /** @type {number} */ b) => `${rounded(a)} z₁ ${b < -0.005 ? "−" : "+"} ${rounded(Math.abs(b))} z₂`;
      write(sides[0].told, word("mixes", { one: `x₁ = ${mix(c, -s)}`, two: `x₂ = ${mix(s, c)}` }));
      const [a, b] = run.lams.map((/** @type {number} */ lam) => num(beta ? rate(lam, eta, beta) : 1 - eta * lam, fixed(3)));
      write(sides[1].told, word(beta ? "rates" : "factors", { a, b }));
      write(check, word("gap", { gap: num(run.gap, { maximumSignificantDigits: 2 }), n: run.x.length - 1 }));
      say([...sides.map((side) => side.told.textContent), check.textContent].join(" "));
    });
  }

  return {
    nodes: [bar, followed.node, grid, check],
    layout(w) { width = w; },
    draw(values) {
      now = values;
      show();
    },
  };
}

const render = explorable({ state, mount });

export default { render };
