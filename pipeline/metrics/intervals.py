"""95 % intervals from the sums of a group: shares, ratios of sums (and means), and spreads."""

import polars as pl

Z = 1.959963984540054  # the normal distribution's 97.5 % point
Interval = tuple[pl.Expr, pl.Expr]


def wilson(successes: pl.Expr, n: pl.Expr) -> Interval:
    """Wilson's score interval of a share (Wilson 1927): stays within 0 to 1 and is honest for few cases."""
    share = successes / n
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * (share * (1 - share) / n + Z**2 / (4 * n**2)).clip(0).sqrt()
    return middle - half, middle + half


def ratio(value: pl.Expr, whole: pl.Expr, residual: pl.Expr, n: pl.Expr) -> Interval:
    """Student's interval of a ratio of sums, linearised (Cochran, Sampling Techniques, 6.4); of a mean where every
    whole is 1. `residual` is the sum of (part - value * whole) squared; null for a single case. Needs the columns of
    `with_quantiles`."""
    half = pl.col("t") * (residual * n / (n - 1)).sqrt() / whole
    return value - half, value + half


def spread(deviation: pl.Expr, n: pl.Expr) -> Interval:
    """The chi-squared interval of a standard deviation between n normally distributed values. Needs the columns of
    `with_quantiles`."""
    return deviation * ((n - 1) / pl.col("chi2_high")).sqrt(), deviation * ((n - 1) / pl.col("chi2_low")).sqrt()


def with_quantiles(sums: pl.DataFrame) -> pl.DataFrame:
    """Add t, chi2_low and chi2_high with n - 1 degrees of freedom, null below two cases, to rows with a column n."""
    from scipy.special import chdtri, stdtrit

    counts = sums["n"].unique()
    counts = counts.filter(counts > 1)
    freedom = counts.to_numpy() - 1
    points = {
        "n": counts,
        "t": stdtrit(freedom, 0.975),
        "chi2_low": chdtri(freedom, 0.975),
        "chi2_high": chdtri(freedom, 0.025),
    }
    return sums.join(pl.DataFrame(points), on="n", how="left")
