// The error of gradient descent and of momentum, mode by mode, on f(x) = ½ Σ λᵢxᵢ² with λᵢ = 2⁻ⁱ
// and xᵢ = 1 at the start. Time is logarithmic, and three views share it.
import { after } from "./_after.js";
import { layer } from "./_canvas.js";
import { facts, head, presets, table } from "./_controls.js";
import { optimum, rate, regime } from "./_descent.js";
import { clamp, fill, fixed, make, memo, num, set, times, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { plot, pointing } from "./_plot.js";
import { explorable } from "./_stage.js";

/** How many steps are taken, from where on a mode counts as learned, and from where on as gone. */
const [HORIZON, LITTLE, GONE] = [10000, 0.01, 1e-12];

/** What a link to a setting holds, and the range of each number. */
export const state = { eta: [0, 8], beta: [0, 0.99], n: [1, 12, 1], step: [0, HORIZON, 1], mode: [1, 12, 1] };

/**
 * |x| after each step from x = 1 along a direction of curvature λ; β = 0 is gradient descent. From
 * where on it stays below 1e−12 it is 0: most modes are gone long before the last step.
 * @param {number} lam
 * @param {number} eta
 * @param {number} beta
 * @param {Float64Array} [out] where to put them, instead of a new array
 * @returns {Float64Array}
 */
export function errors(lam, eta, beta, out = new Float64Array(HORIZON + 1)) {
  follow(lam, eta, beta, out);
  return out;
}

/** Put these into `out`; return from where on all are 0, or all infinite. */
function follow(/** @type {number} */ lam, /** @type {number} */ eta, /** @type {number} */ beta, /** @type {Float64Array} */ out) {
  let [x, v] = [1, 0];
  // Without gradients v would still move x by η|v|/(1 − β); a thousand times less is safe.
  const far = eta / (1 - beta);
  const gone = eta * lam < 2 * (1 + beta) ? GONE / 1000 : 0;
  for (let t = 0; t < out.length; t++) {
    const size = Math.abs(x);
    if (size > 1e150 || size + far * Math.abs(v) < gone) {
      out.fill(size > 1 ? Infinity : 0, t);
      return t;
    }
    out[t] = size;
    v = beta * v + lam * x;
    x -= eta * v;
  }
  return out.length;
}

/**
 * |x| after `step` steps alone, however small: by the powers of the matrix of a step.
 * @param {number} lam
 * @param {number} eta
 * @param {number} beta
 * @param {number} step
 * @returns {number}
 */
export function error(lam, eta, beta, step) {
  // The matrix that takes (x, v) to the next, [[a, b], [c, d]], squared again and again.
  let [a, b, c, d, x, v] = [1 - eta * lam, -eta * beta, lam, beta, 1, 0];
  for (let rest = step; rest; rest >>= 1) {
    if (rest & 1) [x, v] = [a * x + b * v, c * x + d * v];
    [a, b, c, d] = [a * a + b * c, b * (a + d), c * (a + d), d * d + b * c];
  }
  return Math.abs(x) < 1e150 ? Math.abs(x) : Infinity;
}

/**
 * The step from which on all is at most 1 %; Infinity if that is not so by the end.
 * @param {ArrayLike<number>} error
 * @param {number} [known] from where on it is known to be
 * @returns {number}
 */
export function arrival(error, known = error.length) {
  let t = known;
  while (t > 0 && error[t - 1] <= LITTLE) t--;
  return t < error.length ? t : Infinity;
}

/**
 * The first t with ρᵗ ≤ 1/100: what the rate promises.
 * @param {number} lam
 * @param {number} eta
 * @param {number} [beta]
 * @returns {number}
 */
export function promised(lam, eta, beta = 0) {
  const rho = rate(lam, eta, beta);
  return rho < 1 - 1e-12 ? Math.max(1, Math.ceil(Math.log(LITTLE) / Math.log(rho) - 1e-9)) : Infinity;
}

// The steps that are drawn; what happens between two of them is drawn as the largest error there.
const STEPS = [...new Set([0, ...times(121, (k) => Math.round(10 ** (k / 30)))])];
const across = (/** @type {number} */ t) => (t ? Math.log10(Math.min(t, HORIZON)) : -0.45);
const TICKS = [0, 1, 10, 100, 1000, HORIZON].map((t) => [across(t), t < HORIZON ? String(t) : "10⁴"]);
const METHODS = ["gd", "momentum"];
// In pixels: a line of bars, and a pile; how many times its start a pile may reach.
const [ROW, TALL, TOP] = [20, 186, 1.25];
const nearest = (/** @type {number} */ u) => STEPS.findLastIndex((t, k) => !k || across(t) + across(STEPS[k - 1]) <= 2 * u);
const lambda = (/** @type {number} */ i) => `λ${String(i + 1).replace(/\d/g, (d) => "₀₁₂₃₄₅₆₇₈₉"[Number(d)])}`;

/** The upper edges of n modes in a pile, at STEPS, and last the ground: the flattest stands on it. */
function stacked(/** @type {number[][]} */ drawn, /** @type {number} */ n) {
  const edges = [STEPS.map(() => 0)];
  for (let i = n; i--;) edges.unshift(edges[0].map((v, k) => Math.min(v + drawn[i][k] / n, 9)));
  return edges;
}

/** A function that runs one method; it keeps its last run. */
const runner = () => {
  const rows = times(12, () => new Float64Array(HORIZON + 1));
  return memo((n, eta, beta) => {
    const lams = times(n, (i) => 0.5 ** (i + 1));
    const x = rows.slice(0, n);
    const ends = lams.map((lam, i) => follow(lam, eta, beta, x[i]));
    const drawn = x.map((row, i) => STEPS.map((t, k) => {
      let most = row[t];
      for (let s = STEPS[k - 1] + 1; s < Math.min(t, ends[i]); s++) if (row[s] > most) most = row[s];
      return most;
    }));
    const each = (/** @type {typeof rate} */ of) => lams.map((lam) => of(lam, eta, beta));
    const counted = x.map((row, i) => arrival(row, row[HORIZON] < 1 ? ends[i] : HORIZON + 1));
    // Once every mode is down to 1 %, so is the whole.
    let end = Math.min(Math.max(...counted), HORIZON + 1);
    const total = (/** @type {number} */ t) => x.reduce((sum, row) => sum + row[t], 0) / n;
    while (total(end - 1) <= LITTLE) end--;
    return {
      drawn, counted, end, rates: each(rate), promised: each(promised),
      left: (/** @type {number} */ step) => lams.reduce((sum, lam) => sum + error(lam, eta, beta, step), 0) / n,
    };
  });
};

/** @param {any} context */
function mount({ model, labels, initial, change, say, colour }) {
  const word = (/** @type {string} */ name, values = {}) => fill(labels[`modes.${name}`], values);
  const stepText = (/** @type {number} */ n) => (n > HORIZON ? `> ${HORIZON}` : fill(labels["explore.step"], { n }));
  const names = METHODS.map((m) => labels[`method.${m}`]);
  const runs = METHODS.map(runner);
  /** @type {any} */
  let now = initial;
  let [width, laid] = [0, ""];

  /** A plot over the steps, in which one can point at a step and a mode. */
  const timeline = (/** @type {string} */ label, /** @type {(k: number, y: number) => number} */ modeAt) => {
    const area = plot({ label, role: "group", left: 40 });
    const cursor = make("svg:path", { stroke: "var(--accent)" });
    area.over.append(cursor);
    const at = (/** @type {number[]} */ [x, y]) => {
      const k = nearest(x);
      return { step: STEPS[k], mode: clamp(modeAt(k, y), 1, now.n) };
    };
    pointing(area, (p) => show(p && at(p)), (p) => change(at(p)));
    return {
      area,
      lay: (/** @type {number} */ height, /** @type {number} */ top) => area.layout(width, height + 34, [[across(0), 4], [0, top]], {
        own: [TICKS, times(now.n, (i) => [1 - (i + 0.5) / now.n, lambda(i)])],
      }),
      mark(/** @type {number} */ step) {
        set(cursor, { d: `M${area.place([across(step), area.box[1][1]])}v${area.area.height}` });
      },
    };
  };

  const stacks = METHODS.map((method, m) => {
    /** @type {number[][]} */
    let edges = [];
    /** @type {number[]} */
    let xs = [];
    let painted = "";
    /** @type {any} */
    let held;
    const { area, lay, mark } = timeline(names[m], (k, y) => edges.filter((edge) => edge[k] > y).length);
    const sheet = layer(area);
    const whole = make("svg:path", { stroke: "var(--ink)", "stroke-dasharray": "2 3" });
    const beside = make("small");
    const handle = grip({
      label: `${word("step")}, ${names[m]}`, colour: `var(--${method})`, step: [1, 0],
      get: () => [nearest(across(model.get("step")))],
      put: ([k]) => change({ step: STEPS[clamp(k, 0, STEPS.length - 1)] }),
      home: () => change({ step: initial.step }),
      toData: (x, y) => [nearest(area.toData(x, y)[0])],
      text: () => stepText(now.step),
    });
    area.over.append(whole, handle.node);
    const told = make("p", { class: "status" });
    const numbers = facts(["left", "learned", "whole"].map((k) => word(k)));
    return {
      node: make("div", { class: "below beside" }, make("div", {}, head(names[m], { colour: `var(--${method})`, beside: [beside] }), sheet.node), make("div", {}, numbers.node, told)),
      told,
      lay() {
        lay(TALL, TOP);
        xs = STEPS.map((t) => area.place([across(t), 0])[0]);
        held = undefined;
      },
      draw(/** @type {any} */ run, /** @type {any} */ { n, step, mode }) {
        const { drawn, counted, rates, end, left } = run;
        // A stack is painted anew only where it is another one: gradient descent has no β.
        const asked = `${[mode, colour("accent"), colour(method)]}`;
        if (held !== run || painted !== asked) {
          edges = stacked(drawn, n);
          const ground = area.place([0, 0])[1];
          const y = (/** @type {number} */ i, /** @type {number} */ k) => ground - (edges[i][k] * TALL) / TOP;
          sheet.paint((pen) => {
            for (let i = n; i--;) {
              const picked = i + 1 === mode;
              // From where on a mode has no area it needs no corners.
              let last = STEPS.length - 1;
              while (last > 1 && drawn[i][last - 1] * TALL < 0.7 * TOP * n) last--;
              pen.beginPath();
              // Between two modes a part of a pixel is left free; to stroke their edges takes longer.
              for (let k = 0; k <= last; k++) pen.lineTo(xs[k], Math.min(y(i, k) + 0.7, y(i + 1, k)));
              for (let k = last + 1; k--;) pen.lineTo(xs[k], y(i + 1, k));
              pen.fillStyle = colour(picked ? "accent" : method);
              pen.globalAlpha = picked ? 1 : 0.2 + (0.75 * (i + 1)) / n;
              pen.fill();
            }
            pen.globalAlpha = 1;
          });
          [held, painted] = [run, asked];
        }
        set(whole, { d: `M${area.place([across(end), TOP])}v${end > HORIZON ? 0 : TALL}` });
        mark(step);
        handle.place(area.place([across(now.step), Math.min(left(now.step), TOP)]), [[0, STEPS.length - 1]]);
        const rho = Math.max(...rates);
        const kind = Math.abs(rho - 1) < 1e-9 ? "keeps" : rho > 1 ? "diverges" : "converges";
        after(beside, () => {
          write(beside, stepText(step));
          numbers.draw([
            fill(labels["explore.percent"], { n: num(100 * left(step)) }),
            `${counted.filter((/** @type {number} */ t) => t <= step).length} / ${n}`,
            kind === "converges" ? stepText(end) : "∞",
          ]);
          // Of two that are equally slow the flatter one is named.
          write(told, word(kind, { i: rates.findLastIndex((/** @type {number} */ r) => r > rho - 1e-9) + 1, rate: num(rho, fixed(4)) }));
        });
      },
    };
  });

  const bars = timeline(word("bars"), (_, y) => now.n - Math.floor(y * now.n));
  const chosen = make("svg:rect", { height: ROW, fill: "var(--accent)", opacity: 0.16 });
  const lines = METHODS.map((m) => make("svg:path", { stroke: `var(--${m})`, "stroke-width": 6 }));
  const picker = grip({
    label: word("mode"), colour: "var(--accent)", step: [0, 1],
    get: () => [0, -Math.min(model.get("mode"), model.get("n"))],
    put: ([, y]) => change({ mode: clamp(-Math.round(y), 1, now.n) }),
    home: () => change({ mode: initial.mode }),
    toData: (x, y) => [0, now.n * (bars.area.toData(x, y)[1] - 1) - 0.5],
    text: () => told.textContent,
  });
  bars.area.marks.append(chosen, ...lines);
  bars.area.over.append(picker.node);
  const list = table(word("bars"), ["", ...times(4, (k) => word(k % 2 ? "promised" : "counted"))], 12, names);
  const told = make("p", { class: "status" });
  const lower = make("div", { class: "below beside" }, make("div", {}, head(word("bars")), bars.area.node), list.node);
  const best = () => optimum(0.5 ** now.n, 0.5);
  const bar = presets({ labels, initial, change }, Object.entries({
    best_gd: () => ({ eta: best().gd }),
    best_momentum: () => ({ eta: best().eta, beta: best().beta }),
    slowest: () => ({ beta: clamp((1 - Math.sqrt(now.eta * 0.5 ** now.n)) ** 2, 0, 0.99) }),
    edge: { eta: 4 },
  }).map(([name, values]) => ({ name, text: word(name), values })));

  /** Draw what is kept, but for what the mouse points at. */
  function show(under = {}) {
    const values = { ...now, ...under };
    const { n, eta, beta, step } = values;
    const mode = values.mode = Math.min(values.mode, n);
    if (laid !== (laid = `${[n, width]}`)) {
      stacks.forEach((s) => s.lay());
      bars.lay(ROW * n, 1);
    }
    const done = runs.map((run, m) => run(n, eta, m && beta));
    const middle = (/** @type {number} */ t, /** @type {number} */ i) => bars.area.place([across(t), 1 - (i + 0.5) / n]);
    bars.mark(step);
    done.forEach((run, m) => {
      stacks[m].draw(run, values);
      set(lines[m], { d: run.counted.map((/** @type {number} */ t, /** @type {number} */ i) => `M40 ${middle(0, i)[1] + 7 * m - 3.5}H${middle(t, i)[0]}`).join("") });
    });
    set(chosen, { y: ROW * (mode - 1) + 8, width });
    after(list, () => {
      const lam = 0.5 ** mode;
      const [gd, momentum] = done.map((run) => num(run.rates[mode - 1], fixed(4)));
      write(told, word("picked", { i: mode, lam: num(lam), gd, momentum, regime: labels[`explore.regime.${regime(lam, eta, beta)}`] }));
      list.draw(times(n, (i) => [lambda(i), ...done.flatMap(({ counted, promised }) => [counted[i] < Infinity ? num(counted[i], fixed(0)) : "–", num(promised[i], fixed(0))])]), mode - 1);
      say([stepText(step), ...stacks.map((s, m) => `${names[m]}: ${s.told.textContent}`), told.textContent].join(". "));
    });
    // Grips stand at what is kept: under the mouse they would be in its way.
    picker.place(middle(HORIZON, Math.min(now.mode, n) - 1), [[], [-n, -1]]);
  }

  return {
    nodes: [bar, ...stacks.map((s) => s.node), lower, told],
    layout(w) { width = w < 480 ? w : w - 260; },
    draw(values) {
      now = values;
      show();
    },
  };
}

const render = explorable({ state, mount });

export default { render };
