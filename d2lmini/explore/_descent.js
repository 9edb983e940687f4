// The mathematics of descent, the counterpart of d2lmini.descent, d2lmini.spectrum and
// d2lmini.optima (a test runs both on the same cases). No drawing here.

/**
 * @typedef {{eta: number, beta?: number, steps: number, decay?: number, lookahead?: boolean}} Method
 * @typedef {Method & {lams: number[], start: number[]}} Setting
 * @typedef {{x: number[][], v: number[][], overflowed: boolean}} Trace
 */

/**
 * The iterates of v ← βv + g, x ← x − ηv, where η is multiplied by `decay` after each step; β = 0
 * is gradient descent, and with `lookahead` x ← x − η(g + βv), Nesterov's method. It stops before
 * the first point that is not finite, and then says `overflowed`.
 * @param {(x: number[]) => number[]} grad
 * @param {number[]} start
 * @param {Method} method
 * @returns {Trace}
 */
export function descend(grad, start, { eta, beta = 0, steps, decay = 1, lookahead = false }) {
  const x = [[...start]];
  const v = [start.map(() => 0)];
  for (let t = 0; t < steps; t++) {
    const g = grad(x[t]);
    const speed = v[t].map((vi, i) => beta * vi + g[i]);
    const next = x[t].map((xi, i) => xi - eta * (lookahead ? g[i] + beta * speed[i] : speed[i]));
    if (!next.every(Number.isFinite) || !speed.every(Number.isFinite)) return { x, v, overflowed: true };
    x.push(next);
    v.push(speed);
    eta *= decay;
  }
  return { x, v, overflowed: false };
}

/**
 * The loss ½ Σ λᵢ xᵢ².
 * @param {number[]} x
 * @param {number[]} lams
 * @returns {number}
 */
export function loss(x, lams) {
  return x.reduce((sum, xi, i) => sum + 0.5 * lams[i] * xi * xi, 0);
}

/**
 * The iterates on a quadratic whose axes are its eigenvectors.
 * @param {Setting} setting
 * @returns {Trace}
 */
export function trajectory({ lams, start, ...method }) {
  return descend((x) => x.map((xi, i) => lams[i] * xi), start, method);
}

/**
 * Trace and determinant of the matrix of one step along a direction of curvature λ,
 * [[β, λ], [−ηβ, 1 − ηλ]]; with `lookahead`, of Nesterov's.
 * @param {number} lam
 * @param {number} eta
 * @param {number} beta
 * @param {boolean} lookahead
 */
function invariants(lam, eta, beta, lookahead) {
  const left = 1 - eta * lam;
  return lookahead ? [(1 + beta) * left, beta * left] : [beta + left, beta];
}

/**
 * The two roots r of r² − (trace) r + (determinant) = 0 as [real, imaginary], the larger first.
 * @param {number} lam
 * @param {number} eta
 * @param {number} [beta]
 * @param {boolean} [lookahead]
 * @returns {number[][]}
 */
export function roots(lam, eta, beta = 0, lookahead = false) {
  // Without this case the cancellation in trace² − 4 det would cost digits where β is 0.
  if (beta === 0) return [[1 - eta * lam, 0], [0, 0]];
  const [trace, det] = invariants(lam, eta, beta, lookahead);
  const discriminant = trace * trace - 4 * det;
  const half = Math.sqrt(Math.abs(discriminant)) / 2;
  if (discriminant < 0) return [[trace / 2, half], [trace / 2, -half]];
  const large = trace / 2 + (trace < 0 ? -half : half);
  // Vieta instead of a difference of two nearly equal numbers.
  return [[large, 0], [large === 0 ? 0 : det / large, 0]];
}

/**
 * The spectral radius: the factor by which the error shrinks per step in the long run.
 * @param {number} lam
 * @param {number} eta
 * @param {number} [beta]
 * @param {boolean} [lookahead]
 * @returns {number}
 */
export function rate(lam, eta, beta = 0, lookahead = false) {
  if (beta === 0) return Math.abs(1 - eta * lam);
  const [trace, det] = invariants(lam, eta, beta, lookahead);
  const discriminant = trace * trace - 4 * det;
  if (discriminant < 0) return Math.sqrt(det);
  return (Math.abs(trace) + Math.sqrt(discriminant)) / 2;
}

/**
 * The best fixed η, and the best fixed pair (η, β), for eigenvalues between two bounds.
 * @param {number} low
 * @param {number} high
 * @returns {{gd: number, eta: number, beta: number}}
 */
export function optimum(low, high) {
  const [a, b] = [Math.sqrt(low), Math.sqrt(high)];
  return { gd: 2 / (low + high), eta: (2 / (a + b)) ** 2, beta: ((b - a) / (b + a)) ** 2 };
}

/**
 * What a direction of curvature λ does, by the name of its region in the plane of ηλ and β < 1.
 * `slack` is how far √(ηλ) may be from a double root, relative to 1 + √β, to count as one.
 * @param {number} lam
 * @param {number} eta
 * @param {number} beta
 * @param {number} [slack]
 * @returns {"still"|"over"|"critical"|"under"|"alternating"|"swings"|"diverges"}
 */
export function regime(lam, eta, beta, slack = 1e-12) {
  const [frequency, root, beyond] = [Math.sqrt(eta * lam), Math.sqrt(beta), eta * lam - 2 * (1 + beta)];
  if (frequency === 0) return "still";
  if (Math.abs(beyond) < 1e-9) return "swings";
  if (beyond > 0) return "diverges";
  // Negative between the two double roots, where the roots are complex.
  const distance = Math.max(1 - root - frequency, frequency - 1 - root);
  if (Math.abs(distance) <= slack * (1 + root)) return "critical";
  return distance < 0 ? "under" : frequency < 1 ? "over" : "alternating";
}
