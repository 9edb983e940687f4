// Random numbers from a seed and an index, the exact twin of _random.py: the number at an index
// does not depend on those before it, so a picture can make any part of them when it needs it.

/** lowbias32, a bijection of 32-bit integers in which each bit of the input moves each of the output. */
function mixed(/** @type {number} */ n) {
  n = Math.imul(n ^ (n >>> 16), 0x7feb352d);
  n = Math.imul(n ^ (n >>> 15), 0x846ca68b);
  return n ^ (n >>> 16);
}

/**
 * Numbers `first` to `first + count` of a seed, uniform between 0 and 1, both excluded.
 * @param {number} seed
 * @param {number} first
 * @param {number} count
 * @returns {Float64Array}
 */
export function uniforms(seed, first, count) {
  // Both are mixed before they meet: seeds that differ in one bit would else share their numbers.
  const key = mixed(seed + 0x9e3779b9);
  const u = new Float64Array(count);
  for (let i = 0; i < count; i++) u[i] = ((mixed(mixed(first + i) ^ key) >>> 0) + 0.5) / 2 ** 32;
  return u;
}

/**
 * Standard normal numbers by the method of Box and Muller, two from two; `first` and `count` are even.
 * @param {number} seed
 * @param {number} first
 * @param {number} count
 * @returns {Float64Array}
 */
export function normals(seed, first, count) {
  const z = uniforms(seed, first, count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(z[i]));
    const angle = 2 * Math.PI * z[i + 1];
    z[i] = radius * Math.cos(angle);
    z[i + 1] = radius * Math.sin(angle);
  }
  return z;
}
