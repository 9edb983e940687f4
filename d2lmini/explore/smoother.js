// A random walk and its moving average: less variance, more lag. Bars show what a point is made of.
import { after } from "./_after.js";
import { choice, facts, head, key, presets } from "./_controls.js";
import { clamp, fill, fixed, make, num, prose, rounded, set, shifted, tenth, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { curve, plot, pointing } from "./_plot.js";
import { uniforms } from "./_random.js";
import { explorable } from "./_stage.js";

/** What a link to a setting holds. */
export const state = { beta: [0, 0.999], seed: [0, 9999, 1], at: [0, 240, 1], bias: ["kept", "corrected"] };

const STEPS = 240;
const SHIFTS = 80; // by how many steps the average is shifted at most; before them nothing is measured

/**
 * A walk with steps uniform in [−10, 10].
 * @param {number} seed
 * @param {number} start
 * @returns {number[]}
 */
export function walk(seed, start) {
  const path = [start];
  uniforms(seed, 0, STEPS).forEach((u, t) => path.push(path[t] + 20 * u - 10));
  return path;
}

/**
 * The exponentially weighted moving average, with or without the correction of its bias.
 * @param {number[]} y
 * @param {number} beta
 * @param {boolean} corrected
 * @returns {number[]}
 */
export function smooth(y, beta, corrected) {
  let [s, total] = [0, 0];
  return y.map((v) => {
    s = beta * s + (1 - beta) * v;
    total = beta * total + (1 - beta);
    return corrected ? s / total : s;
  });
}

/**
 * The variance of the changes from step to step, when the start is over. Their mean is known, 0;
 * to subtract that of the sample would take away a part of what is slow.
 */
export function jitter(/** @type {number[]} */ y) {
  const steps = y.map((v, t) => v - y[t - 1]).slice(SHIFTS + 1);
  return steps.reduce((sum, v) => sum + v * v, 0) / steps.length;
}

/**
 * The shift by which an average lies best on its sequence, in the mean of squares over the same
 * steps for all shifts.
 * @param {number[]} y
 * @param {number[]} s
 * @returns {number}
 */
export function lag(y, s) {
  let [best, least] = [0, Infinity];
  for (let k = 0; k <= SHIFTS; k++) {
    let sum = 0;
    for (let t = SHIFTS; t < y.length; t++) sum += (s[t] - y[t - k]) ** 2;
    if (sum < least) [best, least] = [k, sum];
  }
  return best;
}

/** @param {any} context */
function mount({ model, labels, initial, change, say }) {
  const start = model.get("start");
  const both = (/** @type {number[]} */ values) => values.map((v, t) => [t, v]);
  const area = plot({ label: labels["smoother.walk"], role: "group", left: 44 });
  const raw = curve("var(--muted)", { width: 1, dots: 0 });
  const line = curve("var(--momentum)", { width: 2.5, dots: 0 });
  const back = curve("var(--momentum)", { width: 1.25, dots: 0, dash: "5 4" });
  const spots = make("svg:path", { fill: "var(--accent)" });
  area.marks.append(raw.node, back.node, line.node, spots);
  const chart = plot({ label: labels["smoother.weights"], left: 44 });
  const bars = make("svg:path", { stroke: "var(--accent)" });
  const age = make("svg:path", { d: "M0 2L8 14H-8Z", fill: "var(--ink)" });
  chart.marks.append(bars);
  chart.over.append(age);
  const at = (/** @type {number} */ t) => change({ at: clamp(Math.round(t), 0, STEPS) });
  let s = [0];
  const handle = grip({
    label: labels["smoother.point"], colour: "var(--accent)", step: [1, 0],
    get: () => [model.get("at"), s[model.get("at")]],
    put: (p) => at(p[0]),
    home: () => change({ at: initial.at }),
    toData: area.toData,
    text: (p) => `t = ${p[0]}, s = ${rounded(p[1], 1)}`,
  });
  area.over.append(handle.node);
  // A tap anywhere brings the point there.
  for (const one of [area, chart]) pointing(one, () => {}, ([t]) => at(t));

  const entry = (/** @type {string} */ name, /** @type {any} */ values) => ({ name, text: labels[`smoother.preset.${name}`], values });
  const bar = presets({ labels, initial, change }, [
    entry("short", { beta: 0.5 }),
    entry("long", { beta: 0.97 }),
    entry("slow", { beta: 0.97, at: 20, bias: "kept" }),
    entry("walk", () => ({ seed: (model.get("seed") + 1) % 10000 })),
  ], labels["smoother.hint"]);
  const bias = choice({ label: labels["smoother.bias"], options: state.bias.map((word) => [word, labels[`smoother.${word}`]]), put: (value) => change({ bias: value }) });
  const shift = key("", "var(--momentum)", "5 4");
  const told = make("p", { class: "status" });
  const numbers = facts(["jitter", "calmer", "lag", "age"].map((name) => fill(labels[`smoother.${name}`], { first: SHIFTS })));
  let [width, seed] = [0, -1];
  /** @type {number[]} */
  let y;

  const layout = (/** @type {number} */ w) => {
    width = w;
    if (seed < 0) return;
    const [low, high] = [Math.min(0, ...y), Math.max(0, ...y)];
    const room = (high - low) * 0.06;
    area.layout(w, Math.round(clamp(w * 0.38, 210, 290)) + 34, [[0, STEPS], [low - room, high + room]]);
    chart.layout(w, 130, [[0, STEPS], [-0.2, 1]]);
    raw.draw(both(y), area);
    told.style.minHeight = w < 480 ? "7.5em" : "3em";
  };

  return {
    nodes: [bar, bias.node, make("div", {}, head(labels["smoother.walk"], { beside: [key(labels["smoother.raw"], "var(--muted)"), key(labels["smoother.average"], "var(--momentum)"), shift] }), area.node, head(labels["smoother.weights"]), chart.node), told, numbers.node],
    layout,
    draw({ beta, seed: wanted, at: t, bias: kind }) {
      if (seed !== wanted) {
        seed = wanted;
        y = walk(seed, start);
        layout(width);
      }
      const corrected = kind === "corrected";
      s = smooth(y, beta, corrected);
      const half = Math.log(0.5) / Math.log(beta);
      const late = lag(y, s);
      // With a memory beyond the largest shift, the walk is too short to tell.
      const known = half < SHIFTS;
      line.draw(both(s), area);
      back.draw(known ? both(s.slice(late)) : [], area);
      set(shift, { style: known ? "" : "visibility:hidden" });
      bias.draw(kind);

      // Each value has a bar as high as its weight, and a dot of that area.
      let [stems, dots] = ["", ""];
      const ground = chart.place([0, 0])[1];
      for (let k = 0; k <= t && beta ** k > 0.002; k++) {
        const [x, top] = chart.place([t - k, beta ** k]);
        const radius = 4.5 * Math.sqrt(beta ** k);
        const across = 2 * radius;
        stems += `M${tenth(x)} ${ground}V${tenth(top)}`;
        dots += `M${x - radius} ${area.place([0, y[t - k]])[1]}a${radius} ${radius} 0 0 0 ${across} 0a${radius} ${radius} 0 0 0 ${-across} 0`;
      }
      set(bars, { d: stems, "stroke-width": clamp((0.7 * chart.area.width) / STEPS, 0.8, 3) });
      set(spots, { d: dots });
      // What is missing of the weights counts for the zero before the walk; their mean age is that of what is there.
      const missing = beta ** (t + 1);
      const mean = beta / (1 - beta) - ((t + 1) * missing) / (1 - missing);
      set(age, { transform: shifted([chart.place([t - mean, 0])[0], ground]) });
      handle.place(area.place([t, s[t]]), area.box);

      after(told, () => {
        const share = (/** @type {number} */ v) => num(100 * v, { maximumSignificantDigits: 2 });
        const sentence = prose(fill(labels["smoother.made"], { t, value: rounded(s[t], 1), newest: share((1 - beta) / (corrected ? 1 - missing : 1)), age: num(mean, fixed(1)) }),
          !corrected && missing > 0.005 ? fill(labels["smoother.missing"], { share: share(missing) }) : "");
        write(told, sentence);
        write(shift, fill(labels["smoother.shifted"], { n: late }));
        say(sentence);
        const [rough, calm] = [jitter(y), jitter(s)];
        numbers.draw([
          `${num(rough)} → ${num(calm)}`,
          fill(labels["smoother.against"], { value: num(rough / calm), theory: num((1 + beta) / (1 - beta)) }),
          fill(labels["smoother.against"], { value: known ? late : "?", theory: num(half) }),
          num(beta / (1 - beta)),
        ]);
      });
    },
  };
}

const render = explorable({ state, rebuild: ["start"], mount });

export default { render };
