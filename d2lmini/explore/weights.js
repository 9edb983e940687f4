// Weights of past gradients: bars of βᵏ, their balance point, and the ordinary average with the
// same variance.
import { after } from "./_after.js";
import { choice, facts, head, presets } from "./_controls.js";
import { clamp, fill, fixed, make, num, prose, set, swatch, tenth, write } from "./_figure.js";
import { grip } from "./_grip.js";
import { plot } from "./_plot.js";
import { explorable } from "./_stage.js";

/** What a link to a setting holds. */
export const state = { beta: [0, 0.99], bars: [10, 200, 1], scale: ["raw", "normalised"], age: [0, 199, 1] };

/**
 * What the weights βᵏ, k = 0, 1, 2, …, amount to.
 * @param {number} beta
 * @returns {{sum: number, samples: number, age: number}} their sum, the number of equally weighted
 *   values whose average has the same variance, and the mean of k
 */
export function sizes(beta) {
  const left = 1 - beta;
  return { sum: 1 / left, samples: (1 + beta) / left, age: beta / left };
}

/**
 * The weights of the newest `count` gradients.
 * @param {number} beta
 * @param {number} count
 * @param {boolean} normalised whether all of them, seen or not, add up to 1
 * @returns {number[]}
 */
export function weights(beta, count, normalised) {
  const first = normalised ? 1 - beta : 1;
  return Array.from({ length: count }, (_, k) => first * beta ** k);
}

/** The share of the weights that lies beyond the newest `count`. */
export const unseen = (/** @type {number} */ beta, /** @type {number} */ count) => beta ** count;

const TOPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** @param {any} context */
function mount({ model, labels, initial, change, say }) {
  const area = plot({ label: labels["weights.title"], role: "group", whole: [true, false], below: 14 });
  const others = make("svg:path", { fill: "var(--momentum)" });
  const chosen = make("svg:path", { fill: "var(--accent)" });
  const same = make("svg:path", { fill: "none", stroke: "var(--ink)", "stroke-width": 1.5, "stroke-dasharray": "5 4" });
  const balance = make("svg:path", { fill: "var(--ink)", d: "M0 0L-8 13H8Z" });
  const picked = grip({
    label: labels["weights.age"],
    colour: "var(--accent)",
    step: [1, 0],
    get: () => [model.get("age"), 0],
    put: ([k]) => change({ age: Math.round(clamp(k, 0, model.get("bars") - 1)) }),
    home: () => change({ age: initial.age }),
    toData: area.toData,
    text: ([k]) => `k = ${num(k)}`,
  });
  area.marks.append(others, chosen, same);
  area.over.append(balance, picked.node);

  const told = make("p", { class: "status" });
  const triangle = make("svg:svg", { class: "swatch", width: 14, height: 12, "aria-hidden": "true" }, make("svg:path", { fill: "var(--ink)", d: "M6 1L0 11H12Z" }));
  const live = facts([
    labels["weights.sum_fact"],
    [swatch("var(--ink)", "5 4"), labels["weights.samples"]],
    [triangle, labels["weights.mean_age"]],
  ]);
  const scale = choice({
    label: labels["weights.scale"],
    options: ["raw", "normalised"].map((word) => [word, labels[`weights.${word}`]]),
    put: (word) => change({ scale: word }),
  });
  const bar = presets({ labels, initial, change }, [0.5, 0.9, 0.99].map((beta) => ({ name: `${beta}`, text: `β = ${beta}`, values: { beta } })));
  bar.prepend(scale.node);
  let width = 0;

  return {
    nodes: [bar, head(labels["weights.title"], { beside: [make("small", {}, labels["weights.axis"])] }), area.node, live.node, told],
    layout(w) { width = w; },
    draw({ beta, bars: count, scale: word, age }) {
      const all = weights(beta, count, word === "normalised");
      const { sum, samples, age: mean } = sizes(beta);
      // The bars keep their height in the picture; the axis tells how high that is.
      const top = TOPS.find((t) => t >= all[0] - 1e-12) ?? 1;
      area.layout(width, Math.round(clamp(width * 0.42, 220, 300)), [[-0.6, count - 0.4], [0, top * 1.1]]);
      const { left, width: inner } = area.area;
      const [px, floor] = area.place([0, 0]);
      const unit = area.place([1, 0])[0] - px;
      const half = Math.max(0.5, unit * 0.4);
      const bars = all.map((v, k) => `M${tenth(px + k * unit - half)} ${floor}V${Math.round(area.place([0, v])[1] * 100) / 100}h${tenth(2 * half)}V${floor}Z`);
      const k = Math.min(age, count - 1);
      set(chosen, { d: bars[k] });
      bars[k] = "";
      set(others, { d: bars.join("") });

      // As many equal weights, with the same sum, make an average of the same variance.
      const [ex, ey] = area.place([samples - 0.5, all[0] * sum / samples]);
      set(same, { d: `M${px - unit / 2} ${floor}V${ey}H${Math.min(ex, left + inner + 9)}V${floor}` });
      const [bx] = area.place([mean, 0]);
      const seen = bx <= left + inner;
      set(balance, { transform: `translate(${seen ? bx : 0} ${floor})`, visibility: seen ? "visible" : "hidden" });
      picked.place(area.place([k, all[k]]), [[0, count - 1], [0, top]]);

      after(told, () => {
        live.draw([sum, samples, mean].map((v) => num(v, fixed(v < 10 ? 2 : 1))));
        const hidden = unseen(beta, count);
        const sentence = prose(fill(labels["weights.told"], {
          age: k, weight: num(all[k], { maximumSignificantDigits: 3 }), share: num(100 * all[k] / (all[0] * sum), { maximumSignificantDigits: 2 }),
        }), hidden > 0.005 ? fill(labels["weights.unseen"], { share: num(100 * hidden, { maximumSignificantDigits: 2 }), count }) : "");
        write(told, sentence);
        scale.draw(word);
        say(`${sentence} ${labels["weights.sum_fact"]}: ${num(sum)}. ${labels["weights.samples"]}: ${num(samples)}. ${labels["weights.mean_age"]}: ${num(mean)}.`);
      });
    },
  };
}

const render = explorable({ state, mount });

export default { render };
