"""Random numbers of the pictures: good enough to show noise, and the same in Python and in a page.

The seeds are fixed, and the limits are those which a fair generator misses once in some 10,000
runs, so none of the tests is a matter of luck.
"""

from __future__ import annotations

import numpy as np
import pytest

from d2lmini.explore._random import normals, uniforms
from explorable_page import write_site

SEEDS = (0, 1, 2, 3, 177, 9999)
N = 200_000
LIMIT = 4.0  # standard errors


@pytest.mark.parametrize("seed", SEEDS)
def test_uniform_numbers_have_the_moments_of_uniform_ones(seed):
    u = uniforms(seed, 0, N)
    assert 0 < u.min() < 1e-4
    assert 1 - 1e-4 < u.max() < 1
    assert abs(u.mean() - 1 / 2) < LIMIT * np.sqrt(1 / 12 / N)
    assert abs(u.var() - 1 / 12) < LIMIT * np.sqrt(1 / 180 / N)


@pytest.mark.parametrize("seed", SEEDS)
def test_normal_numbers_have_the_moments_of_normal_ones(seed):
    z = normals(seed, 0, N)
    for power, mean, variance in [(1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)]:
        assert abs((z**power).mean() - mean) < LIMIT * np.sqrt(variance / N), power
    assert abs(z).max() < 6.8


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("bins", [16, 1000])
def test_chi_square_of_equal_bins(seed, bins):
    counts = np.histogram(uniforms(seed, 0, N), bins, (0, 1))[0]
    chi2 = ((counts - N / bins) ** 2).sum() / (N / bins)
    freedom = bins - 1
    # Too even is as suspicious as too uneven.
    assert abs(chi2 - freedom) < LIMIT * np.sqrt(2 * freedom)


@pytest.mark.parametrize("gap", [1, 2, 300])
def test_chi_square_of_pairs(gap):
    # Neighbours, the two numbers that make a pair of normal ones, and one step of two paths.
    u = uniforms(0, 0, N + gap)
    counts = np.histogram2d(u[:-gap], u[gap:], 32, [(0, 1), (0, 1)])[0]
    freedom = 32**2 - 1
    chi2 = ((counts - N / 32**2) ** 2).sum() / (N / 32**2)
    assert abs(chi2 - freedom) < LIMIT * np.sqrt(2 * freedom)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_correlation_across_neighbours(seed):
    z = normals(seed, 0, N)
    for gap in (1, 2, 3, 4, 16, 300, 301, 2**14):
        assert abs((z[:-gap] * z[gap:]).mean()) < LIMIT / np.sqrt(N - gap), gap
        # Normal numbers may hide it in their size.
        size = (z**2 - 1) / np.sqrt(2)
        assert abs((size[:-gap] * size[gap:]).mean()) < LIMIT / np.sqrt(N - gap), gap


def test_no_correlation_across_seeds_and_no_shift_between_them():
    base = normals(0, 0, N)
    for seed in (1, 2, 3, 4, 8, 256, 4096, 2**31):
        other = normals(seed, 0, N)
        for shift in (0, 1, 2, 300):
            product = (base[shift:] * other[: N - shift]).mean()
            assert abs(product) < LIMIT / np.sqrt(N), (seed, shift)
        # A few coincide by chance, N² / 2³² = 9 of them; a shared stream would be all of them.
        assert np.intersect1d(uniforms(0, 0, N), uniforms(seed, 0, N)).size < 40


def test_first_numbers_of_all_seeds_are_uniform():
    u = np.array([uniforms(seed, 0, 2) for seed in range(10_000)])
    for column in (u[:, 0], u[:, 1], u[:, 0] - u[:, 1] + (u[:, 0] < u[:, 1])):
        counts = np.histogram(column, 100, (0, 1))[0]
        assert abs(((counts - 100) ** 2).sum() / 100 - 99) < LIMIT * np.sqrt(2 * 99)
    assert abs(np.corrcoef(u[:-1, 0], u[1:, 0])[0, 1]) < LIMIT / 100


def test_each_bit_of_seed_and_index_changes_half_of_the_bits():
    def bits(seed, index):
        word = int(uniforms(seed, index, 1)[0] * 2**32)
        return np.array([word >> k & 1 for k in range(32)])

    for which in range(0, 32, 3):
        flips = [
            (bits(s ^ (1 << which), i) != bits(s, i), bits(s, i ^ (1 << which)) != bits(s, i))
            for s, i in zip(range(64), range(1000, 1064), strict=True)
        ]
        share = np.mean(flips, axis=(0, 2))  # of 64 × 32 bits each
        assert np.abs(share - 0.5).max() < LIMIT * 0.5 / np.sqrt(64 * 32), which


def test_any_part_can_be_had_alone():
    assert np.array_equal(uniforms(5, 100, 50), uniforms(5, 0, 200)[100:150])
    assert np.array_equal(normals(5, 100, 50), normals(5, 0, 200)[100:150])
    assert uniforms(5, 0, 0).shape == normals(5, 0, 0).shape == (0,)


@pytest.mark.browser
def test_javascript_and_python_make_the_same_numbers(tmp_path, visit):
    (write_site(tmp_path) / "en.html").write_text(
        '<!doctype html><script src="_static/explore/shared.js"></script>', encoding="utf-8"
    )
    view = visit(tmp_path.as_uri())
    cases = [(s, i, 200) for s in (0, 1, 177, 9999) for i in (0, 2, 599_800, 2**31, 2**32 - 200)]
    found = view.evaluate(
        """cases => { const { uniforms, normals } = momentumExplorables.shared;
          return cases.map(c => [[...uniforms(...c)], [...normals(...c)]]); }""",
        cases,
    )
    for case, (uniform, normal) in zip(cases, found, strict=True):
        assert np.array_equal(uniform, uniforms(*case)), case
        assert np.allclose(normal, normals(*case), rtol=1e-12, atol=1e-12), case
