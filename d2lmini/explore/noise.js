// A cloud of noisy paths on f(x) = ½λx², with the theory drawn over it, and how its mean square
// falls to the floor.
import { after } from "./_after.js";
import { choice, facts, head, key, presets } from "./_controls.js";
import { rate } from "./_descent.js";
import { clamp, fill, fixed, make, memo, num, prose, set, stroke, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { curve, log10, outline, plot } from "./_plot.js";
import { rgb } from "./_canvas.js";
import { normals } from "./_random.js";
import { explorable } from "./_stage.js";

/**
 * What a link to a setting holds. β comes before η: where a change of β moves η, a link has the
 * last word on it.
 */
export const state = { beta: [0, 0.99], eta: [0.001, 4], sigma: [0, 3], start: [-3.5, 3.5], seed: [0, 9999, 1], keep: ["eta", "alpha"] };

const STEPS = 300;
const PATHS = 2000;
const CHUNK = 200; // paths which are run in one frame
const PAUSE = 120; // milliseconds without an input, after which more than the first chunk are run
const SINGLE = 3;
const HALF = 4; // the window is −4 to 4, whatever the setting: widths can be compared
const BINS = 100;
const REACH = 1.6448536269514722; // a normal variable is within so many deviations 90 % of the time

/** @typedef {{eta: number, beta: number, lam: number, sigma: number, start: number}} Setting */

/**
 * Mean and variance of x after each step, by the recursion which they obey.
 * @param {Setting} setting
 * @returns {{mean: number[], variance: number[]}}
 */
export function moments({ eta, beta, lam, sigma, start }) {
  let [x, v, xx, vv, xv] = [start, 0, 0, 0, 0];
  const [mean, variance] = [[x], [0]];
  for (let t = 0; t < STEPS; t++) {
    v = beta * v + lam * x;
    x -= eta * v;
    vv = beta * beta * vv + 2 * beta * lam * xv + lam * lam * xx + sigma * sigma;
    const across = beta * xv + lam * xx; // of the old position and the new velocity
    xx += eta * (eta * vv - 2 * across);
    xv = across - eta * vv;
    mean.push(x);
    variance.push(xx);
  }
  return { mean, variance };
}

/**
 * The variance of x in the long run.
 * @param {Setting} setting
 * @returns {number}
 */
export function floor({ eta, beta, lam, sigma }) {
  const gap = 2 * (1 + beta) - eta * lam;
  return gap > 0 ? (sigma * sigma * eta * (1 + beta)) / ((1 - beta) * lam * gap) : Infinity;
}

/**
 * An empty ensemble: sums over its paths for each step, and how many of them are in which bin.
 */
export const ensemble = () => ({
  paths: 0,
  sum: new Float64Array(STEPS + 1),
  squares: new Float64Array(STEPS + 1),
  counts: new Uint16Array(BINS * (STEPS + 1)),
  singles: new Float64Array(SINGLE * (STEPS + 1)),
});

/** Take all paths out of an ensemble: new arrays of this size would have to be collected. */
function empty(/** @type {ReturnType<typeof ensemble>} */ all) {
  all.paths = 0;
  for (const array of [all.sum, all.squares, all.counts]) array.fill(0);
}

/**
 * Run some more paths; `noise` holds theirs, STEPS numbers for each.
 * @param {ReturnType<typeof ensemble>} all
 * @param {Float64Array} noise
 * @param {Setting} setting
 */
export function grow(all, noise, { eta, beta, lam, sigma, start }) {
  const { sum, squares, counts, singles } = all;
  const wide = STEPS + 1;
  for (let i = 0; i < noise.length; all.paths++) {
    let [x, v] = [start, 0];
    for (let t = 0; ; t++) {
      sum[t] += x;
      squares[t] += x * x;
      const bin = ((HALF - x) * BINS) / (2 * HALF);
      if (bin >= 0 && bin < BINS) counts[(bin | 0) * wide + t]++;
      if (all.paths < SINGLE) singles[all.paths * wide + t] = x;
      if (t === STEPS) break;
      v = beta * v + (lam * x + sigma * noise[i++]);
      x -= eta * v;
    }
  }
}

/** What is too large for a number is infinite, also where it came out as ∞ − ∞. */
const bounded = (/** @type {number} */ v) => (Number.isNaN(v) ? Infinity : v);

/** The unbiased variance over the paths after the last step. */
export const measured = (/** @type {ReturnType<typeof ensemble>} */ { paths, sum, squares }) =>
  bounded(Math.max(0, (squares[STEPS] - sum[STEPS] ** 2 / paths) / (paths - 1)));

const versus = (/** @type {string} */ own, /** @type {string} */ other) => `${own} (β = 0: ${other})`;

/**
 * Of points from left to right those which a line needs that passes all of them at a distance of
 * at most a twentieth of a pixel: where it is nearly straight, few.
 * @param {number[][]} points
 * @param {any} area a plot
 * @returns {number[][]}
 */
function sparse(points, { box, area }) {
  const slack = (0.05 * (box[1][1] - box[1][0])) / area.height;
  const kept = [points[0]];
  let held = points[0];
  // Between these slopes a line from the point that is held passes all since then.
  let [low, high] = [-Infinity, Infinity];
  for (let t = 1; t < points.length; t++) {
    const p = points[t];
    const slope = (p[1] - held[1]) / (p[0] - held[0]);
    if (slope < low || slope > high) {
      kept.push(held = points[t - 1]);
      [low, high] = [-Infinity, Infinity];
    }
    const run = p[0] - held[0];
    low = Math.max(low, (p[1] - slack - held[1]) / run);
    high = Math.min(high, (p[1] + slack - held[1]) / run);
  }
  if (points.length > 1) kept.push(points[points.length - 1]);
  return kept;
}

/** @param {any} context */
function mount({ model, labels, initial, change, say, colour }) {
  const lam = model.get("lam");
  const cloud = plot({ label: labels["noise.cloud"], role: "group", names: ["", "x"], left: 44 });
  // A pixel for each bin of each step; the browser makes it as large as the plot.
  const heat = make("canvas", { width: STEPS + 1, height: BINS, "aria-hidden": "true" });
  const ink = heat.getContext("2d");
  const pixels = ink.createImageData(STEPS + 1, BINS);
  const dots = new Uint32Array(pixels.data.buffer); // alpha, blue, green, red
  const singles = stroke({ stroke: "var(--ink)", "stroke-width": 0.8 });
  const shadow = stroke({ stroke: "none", fill: "var(--gd)", opacity: 0.15 });
  const bands = [["gd", "5 4"], ["momentum", "7 3"]].map(([name, dash]) => stroke({ stroke: `var(--${name})`, "stroke-width": 1.75, "stroke-dasharray": dash }));
  const chart = plot({ label: labels["noise.square"], log: [false, true], whole: [true, true] });
  const lines = {
    ghost: curve("var(--gd)", { dash: "5 4", most: 0 }),
    floor: curve("var(--ink)", { dash: "1 4", most: 0 }),
    cloud: curve("var(--momentum)", { width: 2.5, most: 0 }),
    exact: curve("var(--ink)", { width: 1, most: 0 }),
  };
  chart.marks.append(...Object.values(lines).map((line) => line.node));
  const handle = grip({
    label: labels["explore.start"], colour: "var(--momentum)", step: [0, 0.1],
    get: () => [0, model.get("start")],
    put: (p) => change({ start: Number(clamp(p[1], ...state.start).toFixed(2)) }),
    home: () => change({ start: initial.start }),
    toData: cloud.toData,
    text: (p) => `x₀ = ${num(p[1])}`,
  });
  cloud.marks.append(singles, shadow, ...bands);
  cloud.over.append(handle.node);

  // A lock on the effective step: η follows β, unless η itself is what was set.
  let [seen, alpha] = [0, 0];
  const note = () => {
    seen = model.get("eta");
    alpha = seen / (1 - model.get("beta"));
  };
  const follow = () => {
    if (model.get("keep") === "eta" || model.get("eta") !== seen) return note();
    const kept = alpha;
    change({ eta: clamp(Number((kept * (1 - model.get("beta"))).toPrecision(12)), ...state.eta) });
    alpha = kept;
  };
  note();
  model.on("change:eta", note);
  model.on("change:beta", follow);

  const entry = (/** @type {string} */ name, /** @type {any} */ values) => ({ name, text: labels[`noise.preset.${name}`], values });
  const bar = presets({ labels, initial, change }, [
    entry("same_step", { beta: 0.9, eta: 0.01, sigma: 1, keep: "alpha" }),
    entry("critical", { beta: 0.67, eta: 0.033, sigma: 1, keep: "alpha" }),
    entry("large", { beta: 0.9, eta: 0.19, sigma: 1, keep: "alpha" }),
    entry("noise", () => ({ seed: (model.get("seed") + 1) % 10000 })),
  ]);
  const kept = choice({ label: labels["noise.keep"], options: [["eta", "η"], ["alpha", "η/(1 − β)"]], put: (keep) => change({ keep }) });
  const rival = key("", "var(--gd)", "5 4");
  const told = make("p", { class: "status" });
  const numbers = facts([...["measured", "floor", "rate"].map((name) => labels[`noise.${name}`]), "η/(1 − β)"]);

  // Normal numbers are dear and do not depend on the setting: each chunk is made once.
  /** @type {Float64Array[]} */
  let made = [];
  let [seed, frame, timer] = [-1, 0, 0];
  const all = ensemble();
  const hueOf = memo((name) => {
    const [red, green, blue] = rgb(name);
    return red + 256 * (green + 256 * blue);
  });

  return {
    nodes: [bar, kept.node, make("div", {}, head(labels["noise.cloud"], { beside: [key(labels["noise.band"], "var(--momentum)", "7 3"), rival] }), make("div", { class: "layer" }, heat, cloud.node)), told, numbers.node,
      make("div", { class: "below" }, head(labels["noise.square"], { beside: [key(labels["noise.run"], "var(--momentum)"), key(labels["noise.exact"], "var(--ink)"), key(labels["noise.floor"], "var(--ink)", "1 4")] }), chart.node)],
    layout(width) {
      // Room for the longest sentences, so that nothing below them jumps while a slider moves.
      told.style.minHeight = width < 480 ? "7.5em" : "3em";
      cloud.layout(width, Math.round(clamp(width * 0.4, 220, 300)) + 34, [[0, STEPS], [-HALF, HALF]]);
      const { left, top, width: wide, height } = cloud.area;
      // Each pixel is around its step: half of the first and of the last is outside.
      const edge = wide / STEPS / 2;
      set(heat, { style: `left:${left - edge}px;top:${top}px;width:${wide + 2 * edge}px;height:${height}px;clip-path:inset(0 ${edge}px)` });
      chart.layout(width, 190, [[0, STEPS], [-4, 2]]);
    },
    close() {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      model.off("change:eta", note);
      model.off("change:beta", follow);
    },
    draw({ beta, eta, sigma, start, seed: wanted, keep }) {
      const setting = { beta, eta, sigma, start, lam };
      const other = { ...setting, beta: 0, eta: keep === "alpha" ? eta / (1 - beta) : eta };
      if (seed !== wanted) made = [];
      seed = wanted;
      const [mine, theirs] = [moments(setting), moments(other)];
      const [low, rivalLow] = [floor(setting), floor(other)];
      const [rho, rivalRho] = [rate(lam, eta, beta), rate(lam, other.eta)];
      const points = (/** @type {ArrayLike<number>} */ values) => sparse(Array.from(values, (v, t) => [t, log10(bounded(v), -5)]), chart);
      const square = (/** @type {typeof mine} */ { mean, variance }) => points(mean.map((m, t) => m * m + variance[t]));
      lines.exact.draw(square(mine), chart);
      lines.ghost.draw(square(theirs), chart);
      lines.floor.draw([[0, log10(low, -5)], [STEPS, log10(low, -5)]], chart);
      handle.place(cloud.place([0, start]), cloud.box);
      const same = keep === "alpha" ? "η/(1 − β)" : "η";
      // What diverges is drawn until it is far outside: to and fro, it would fill the picture.
      const end = (/** @type {number[]} */ mean, /** @type {number[]} */ variance) =>
        mean.findIndex((m, t) => t === STEPS || Math.abs(m) + Math.sqrt(variance[t]) > 9 * HALF);
      const ends = end(mine.mean, mine.variance);
      [theirs, mine].forEach(({ mean, variance }, k) => {
        const last = k ? ends : end(theirs.mean, theirs.variance);
        const [upper, lower] = [REACH, -REACH].map((far) => Array.from({ length: last + 1 }, (_, t) => [t, mean[t] + far * Math.sqrt(Math.max(variance[t], 0))])).map((edge) => sparse(edge, cloud));
        set(bands[k], { d: outline(upper, cloud) + outline(lower, cloud) });
        if (!k) set(shadow, { d: outline([...upper, ...lower.reverse()], cloud) });
      });
      empty(all);
      const hue = hueOf(colour("momentum"));
      const add = () => {
        grow(all, made[all.paths] ??= normals(seed, all.paths * STEPS, CHUNK * STEPS), setting);
        const { paths, counts, squares } = all;
        // How dark a bin is, by its count; there are few different counts.
        const shade = Uint32Array.from({ length: paths + 1 }, (_, n) => hue + 2 ** 24 * Math.min(255, Math.round(660 * Math.sqrt(n / paths))));
        for (let i = 0; i < counts.length; i++) dots[i] = shade[counts[i]];
        ink.putImageData(pixels, 0, 0);
        lines.cloud.draw(points(squares.map((v) => v / paths)), chart);
        after(numbers, () => numbers.draw([
          fill(labels["noise.of"], { value: num(measured(all)), share: num(100 * Math.sqrt(2 / (paths - 1)), fixed(0)), n: paths }),
          versus(num(low), num(rivalLow)), versus(num(rho, fixed(3)), num(rivalRho, fixed(3))), num(eta / (1 - beta)),
        ]));
      };
      const refine = () => {
        add();
        frame = all.paths < PATHS ? requestAnimationFrame(refine) : 0;
      };
      add();
      // The others follow when the input rests, and are not in the way of the next one.
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      timer = setTimeout(refine, PAUSE);
      set(singles, { d: Array.from({ length: SINGLE }, (_, j) => outline(Array.from(all.singles.subarray(j * (STEPS + 1), j * (STEPS + 1) + ends + 1), (x, t) => [t, x]), cloud)).join("") });

      after(told, () => {
        kept.draw(keep);
        write(rival, fill(labels["noise.same"], { same }));

        const kind = low === Infinity ? "diverges" : sigma === 0 ? "silent" : beta === 0 ? "plain" : rivalLow === Infinity ? "alone" : low > 1.1 * rivalLow ? "higher" : low < 0.9 * rivalLow ? "lower" : "equal";
        const share = mine.variance[STEPS] / low;
        const sentence = prose(fill(labels[`noise.${kind}`], { same, rate: num(rho, fixed(3)), ratio: num(low / rivalLow), inverse: num(rivalLow / low), width: num(Math.sqrt(low / rivalLow)) }),
          low < Infinity && share < 0.9 ? fill(labels["noise.unsettled"], { steps: STEPS, share: num(100 * share, fixed(0)) }) : "");
        write(told, sentence);
        say(sentence);
      });
    },
  };
}

const render = explorable({ state, rebuild: ["lam"], mount });

export default { render };
