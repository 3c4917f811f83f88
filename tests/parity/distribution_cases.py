"""Distributions and transforms of every class, made alike by either implementation."""

from __future__ import annotations


def t(m, *values):
    """A float32 tensor; of one value, a tensor without dimensions."""
    return m.tensor(list(values) if len(values) > 1 else values[0], dtype=m.float32)


DISTRIBUTIONS = {
    "Bernoulli": lambda m, d: d.Bernoulli(t(m, 0.1, 0.5, 0.8)),
    "Bernoulli logits": lambda m, d: d.Bernoulli(logits=t(m, -0.1, 0.5, 1.8)),
    "Bernoulli num": lambda m, d: d.Bernoulli(0.3),
    "Beta": lambda m, d: d.Beta(t(m, 0.5, 2.0, 3.0), t(m, 1.0, 0.7, 4.0)),
    "Beta num": lambda m, d: d.Beta(2.0, 3.0),
    "Binomial": lambda m, d: d.Binomial(10, t(m, 0.1, 0.5, 0.8)),
    "Binomial big": lambda m, d: d.Binomial(t(m, 100.0, 50.0), logits=t(m, 0.1, 0.5)),
    "Categorical": lambda m, d: d.Categorical(t(m, [0.1, 0.2, 0.7], [0.3, 0.3, 0.4])),
    "Categorical logits": lambda m, d: d.Categorical(logits=t(m, 0.1, 0.2, -1.0)),
    "Cauchy": lambda m, d: d.Cauchy(t(m, 0.0, 1.0), t(m, 1.0, 2.0)),
    "Chi2": lambda m, d: d.Chi2(t(m, 1.0, 3.5)),
    "ContinuousBernoulli": lambda m, d: d.ContinuousBernoulli(t(m, 0.1, 0.5, 0.8)),
    "CB logits": lambda m, d: d.ContinuousBernoulli(logits=t(m, 0.1, -2.0)),
    "Dirichlet": lambda m, d: d.Dirichlet(t(m, [0.5, 1.0, 2.0], [3.0, 4.0, 0.2])),
    "Exponential": lambda m, d: d.Exponential(t(m, 0.5, 2.0)),
    "FisherSnedecor": lambda m, d: d.FisherSnedecor(t(m, 1.0, 3.0), t(m, 3.0, 5.0)),
    "Gamma": lambda m, d: d.Gamma(t(m, 0.5, 2.0, 20.0), t(m, 1.0, 0.5, 2.0)),
    "GeneralizedPareto": lambda m, d: d.GeneralizedPareto(
        t(m, 0.0, 1.0, 2.0), t(m, 1.0, 2.0, 0.5), t(m, 0.0, 0.3, 0.2)
    ),
    "GeneralizedPareto neg": lambda m, d: d.GeneralizedPareto(t(m, 0.0, 1.0), t(m, 1.0, 2.0), t(m, -0.2, -0.5)),
    "Geometric": lambda m, d: d.Geometric(t(m, 0.2, 0.8)),
    "Geometric logits": lambda m, d: d.Geometric(logits=t(m, 0.2, 0.8)),
    "Gumbel": lambda m, d: d.Gumbel(t(m, 0.2, 0.8), t(m, 1.0, 3.0)),
    "Gumbel num": lambda m, d: d.Gumbel(0.0, 1.0),
    "HalfCauchy": lambda m, d: d.HalfCauchy(t(m, 0.2, 0.8)),
    "HalfNormal": lambda m, d: d.HalfNormal(t(m, 0.2, 0.8)),
    "Independent": lambda m, d: d.Independent(d.Normal(t(m, [0.1, 0.2], [0.3, 0.4]), t(m, 1.0, 2.0)), 1),
    "InverseGamma": lambda m, d: d.InverseGamma(t(m, 3.0, 2.5), t(m, 1.0, 2.0)),
    "Kumaraswamy": lambda m, d: d.Kumaraswamy(t(m, 3.0, 2.5), t(m, 1.5, 2.0)),
    "Laplace": lambda m, d: d.Laplace(t(m, 3.0, 2.5), t(m, 1.5, 2.0)),
    "LKJCholesky": lambda m, d: d.LKJCholesky(3, t(m, 0.5, 1.5)),
    "LKJ num": lambda m, d: d.LKJCholesky(2, 1.0),
    "LogNormal": lambda m, d: d.LogNormal(t(m, 0.3, 0.5), t(m, 0.5, 1.0)),
    "LogisticNormal": lambda m, d: d.LogisticNormal(t(m, 0.3, 0.5), t(m, 0.5, 1.0)),
    "LowRank": lambda m, d: d.LowRankMultivariateNormal(
        t(m, 0.3, 0.5, 0.1), t(m, [1.0], [0.5], [0.2]), t(m, 0.5, 1.0, 2.0)
    ),
    "Mixture": lambda m, d: d.MixtureSameFamily(
        d.Categorical(t(m, 0.3, 0.7)), d.Normal(t(m, 0.0, 1.0), t(m, 1.0, 2.0))
    ),
    "Mixture2": lambda m, d: d.MixtureSameFamily(
        d.Categorical(t(m, [0.3, 0.7], [0.5, 0.5])),
        d.Independent(d.Normal(m.arange(12.0).reshape(2, 2, 3), m.ones(2, 2, 3)), 1),
    ),
    "Multinomial": lambda m, d: d.Multinomial(10, t(m, 0.1, 0.2, 0.7)),
    "Multinomial logits": lambda m, d: d.Multinomial(5, logits=t(m, [0.1, 0.2], [0.7, 0.0])),
    "MVN cov": lambda m, d: d.MultivariateNormal(t(m, 0.1, 0.2), t(m, [2.0, 0.5], [0.5, 1.0])),
    "MVN prec": lambda m, d: d.MultivariateNormal(t(m, 0.1, 0.2), precision_matrix=t(m, [2.0, 0.5], [0.5, 1.0])),
    "MVN tril": lambda m, d: d.MultivariateNormal(
        t(m, [0.1, 0.2], [1.0, 2.0]), scale_tril=t(m, [2.0, 0.0], [0.5, 1.0])
    ),
    "NegativeBinomial": lambda m, d: d.NegativeBinomial(t(m, 3.0, 5.0), t(m, 0.3, 0.6)),
    "NegativeBinomial logits": lambda m, d: d.NegativeBinomial(t(m, 3.0, 5.0), logits=t(m, 0.3, 0.6)),
    "Normal": lambda m, d: d.Normal(t(m, 0.0, 1.0), t(m, 0.5, 2.0)),
    "Normal num": lambda m, d: d.Normal(0.0, 1.0),
    "Normal big": lambda m, d: d.Normal(m.zeros(4, 5), m.ones(5)),
    "OneHot": lambda m, d: d.OneHotCategorical(t(m, 0.1, 0.2, 0.7)),
    "OneHotST": lambda m, d: d.OneHotCategoricalStraightThrough(t(m, [0.1, 0.2, 0.7], [0.2, 0.3, 0.5])),
    "Pareto": lambda m, d: d.Pareto(t(m, 1.0, 2.0), t(m, 3.0, 2.5)),
    "Poisson": lambda m, d: d.Poisson(t(m, 0.5, 4.0, 30.0)),
    "RelaxedBernoulli": lambda m, d: d.RelaxedBernoulli(t(m, 0.5), t(m, 0.3, 0.6)),
    "RelaxedBernoulli logits": lambda m, d: d.RelaxedBernoulli(t(m, 0.5), logits=t(m, 0.3, 0.6)),
    "RelaxedOneHot": lambda m, d: d.RelaxedOneHotCategorical(t(m, 0.5), t(m, 0.3, 0.6, 0.1)),
    "StudentT": lambda m, d: d.StudentT(t(m, 3.0, 5.0), t(m, 0.3, 0.6), t(m, 1.0, 2.0)),
    "StudentT num": lambda m, d: d.StudentT(3.0),
    "Transformed": lambda m, d: d.TransformedDistribution(
        d.Normal(t(m, 0.0, 1.0), t(m, 0.5, 2.0)), [d.AffineTransform(1.0, 2.0), d.SigmoidTransform()]
    ),
    "Transformed mat": lambda m, d: d.TransformedDistribution(
        d.Normal(m.zeros(3), m.ones(3)), d.CorrCholeskyTransform()
    ),
    "Uniform": lambda m, d: d.Uniform(t(m, 0.0, 1.0), t(m, 0.5, 2.0)),
    "VonMises": lambda m, d: d.VonMises(t(m, 0.0, 1.0), t(m, 0.5, 2.0)),
    "Weibull": lambda m, d: d.Weibull(t(m, 1.0, 2.0), t(m, 3.0, 2.5)),
    "Wishart": lambda m, d: d.Wishart(t(m, 4.0), t(m, [2.0, 0.5], [0.5, 1.0])),
    "Wishart batch": lambda m, d: d.Wishart(t(m, 4.0, 5.0), scale_tril=t(m, [2.0, 0.0], [0.5, 1.0])),
}

TRANSFORMS = {
    "exp": lambda m, d: d.ExpTransform(),
    "power": lambda m, d: d.PowerTransform(t(m, 2.0)),
    "sigmoid": lambda m, d: d.SigmoidTransform(),
    "softplus": lambda m, d: d.SoftplusTransform(),
    "tanh": lambda m, d: d.TanhTransform(),
    "abs": lambda m, d: d.AbsTransform(),
    "affine": lambda m, d: d.AffineTransform(1.0, t(m, -2.0)),
    "affine1": lambda m, d: d.AffineTransform(t(m, 1.0, 2.0, 3.0), 2.0, event_dim=1),
    "softmax": lambda m, d: d.SoftmaxTransform(),
    "stick": lambda m, d: d.StickBreakingTransform(),
    "corr": lambda m, d: d.CorrCholeskyTransform(),
    "compose": lambda m, d: d.ComposeTransform([d.AffineTransform(1.0, 2.0), d.StickBreakingTransform()]),
    "independent": lambda m, d: d.IndependentTransform(d.ExpTransform(), 1),
    "reshape": lambda m, d: d.ReshapeTransform((3,), (1, 3)),
    "cat": lambda m, d: d.CatTransform([d.ExpTransform(), d.AffineTransform(0.0, 2.0)], dim=-1, lengths=[1, 2]),
    "stack": lambda m, d: d.StackTransform(
        [d.ExpTransform(), d.AffineTransform(0.0, 2.0), d.identity_transform], dim=-1
    ),
    "cdf": lambda m, d: d.CumulativeDistributionTransform(d.Normal(0.0, 1.0)),
    "inv": lambda m, d: d.ExpTransform().inv,
    "cached": lambda m, d: d.TanhTransform(cache_size=1),
    "identity": lambda m, d: d.identity_transform,
}

# Made from parameters that want gradients.
DIFFERENTIABLE = {
    "Gamma": (lambda d, a, b: d.Gamma(a, b), [[0.3, 2.0, 20.0, 100.0], [1.0, 0.5, 2.0, 1.0]]),
    "Beta": (lambda d, a, b: d.Beta(a, b), [[0.3, 2.0, 20.0], [1.0, 0.5, 2.0]]),
    "Dirichlet": (lambda d, a: d.Dirichlet(a), [[[0.3, 2.0, 5.0], [1.0, 1.0, 0.2]]]),
    "StudentT": (lambda d, a, b, c: d.StudentT(a, b, c), [[3.0, 5.0], [0.0, 1.0], [1.0, 2.0]]),
    "Fisher": (lambda d, a, b: d.FisherSnedecor(a, b), [[3.0, 5.0], [4.0, 6.0]]),
    "Chi2": (lambda d, a: d.Chi2(a), [[3.0, 5.0]]),
    "Normal": (lambda d, a, b: d.Normal(a, b), [[3.0, 5.0], [1.0, 2.0]]),
    "Laplace": (lambda d, a, b: d.Laplace(a, b), [[3.0, 5.0], [1.0, 2.0]]),
    "Cauchy": (lambda d, a, b: d.Cauchy(a, b), [[3.0, 5.0], [1.0, 2.0]]),
    "Exponential": (lambda d, a: d.Exponential(a), [[3.0, 5.0]]),
    "Gumbel": (lambda d, a, b: d.Gumbel(a, b), [[3.0, 5.0], [1.0, 2.0]]),
    "Weibull": (lambda d, a, b: d.Weibull(a, b), [[3.0, 5.0], [1.0, 2.0]]),
    "Pareto": (lambda d, a, b: d.Pareto(a, b), [[3.0, 5.0], [1.0, 2.0]]),
    "Kuma": (lambda d, a, b: d.Kumaraswamy(a, b), [[3.0, 5.0], [1.0, 2.0]]),
    "MVN": (lambda d, a, b: d.MultivariateNormal(a, b), [[3.0, 5.0], [[2.0, 0.5], [0.5, 1.0]]]),
    "LowRank": (lambda d, a, b, c: d.LowRankMultivariateNormal(a, b, c), [[3.0, 5.0], [[0.5], [1.0]], [1.0, 2.0]]),
    "CB": (lambda d, a: d.ContinuousBernoulli(a), [[0.3, 0.8]]),
    "InvGamma": (lambda d, a, b: d.InverseGamma(a, b), [[3.0, 5.0], [1.0, 2.0]]),
    "LogNormal": (lambda d, a, b: d.LogNormal(a, b), [[0.3, 0.5], [1.0, 2.0]]),
    "HalfN": (lambda d, a: d.HalfNormal(a), [[1.0, 2.0]]),
    "RelB": (lambda d, a, b: d.RelaxedBernoulli(a, b), [0.5, [0.3, 0.8]]),
    "RelO": (lambda d, a, b: d.RelaxedOneHotCategorical(a, logits=b), [0.5, [0.3, 0.8]]),
    "OHST": (lambda d, b: d.OneHotCategoricalStraightThrough(logits=b), [[0.3, 0.8]]),
    "GP": (lambda d, a, b, c: d.GeneralizedPareto(a, b, c), [[3.0, 5.0], [1.0, 2.0], [0.2, 0.4]]),
    "Uniform": (lambda d, a, b: d.Uniform(a, b), [[0.3, 0.5], [1.0, 2.0]]),
    "LogisticNormal": (lambda d, a, b: d.LogisticNormal(a, b), [[0.3, 0.5], [1.0, 2.0]]),
}

REFUSED = [
    lambda m, d: d.Normal(0.0, -1.0),
    lambda m, d: d.Normal(t(m, 0.0, 1.0), t(m, -1.0, 1.0)),
    lambda m, d: d.Normal(0.0, 1.0).log_prob(1.0),
    lambda m, d: d.Bernoulli(2.0),
    lambda m, d: d.Bernoulli(),
    lambda m, d: d.Bernoulli(0.5, 0.5),
    lambda m, d: d.Categorical(t(m, -1.0, 2.0)),
    lambda m, d: d.Categorical(t(m, 1.0)),
    lambda m, d: d.Beta(2.0, 3.0).log_prob(t(m, 1.5)),
    lambda m, d: d.Uniform(1.0, 0.0),
    lambda m, d: d.MultivariateNormal(t(m, 0.0, 0.0)),
    lambda m, d: d.MultivariateNormal(t(m, 0.0, 0.0), t(m, [1.0, 2.0], [2.0, 1.0])),
    lambda m, d: d.Dirichlet(t(m, 1.0)),
    lambda m, d: d.Multinomial(t(m, 2.0)),
    lambda m, d: d.Normal("a", 1.0),
    lambda m, d: d.Independent(d.Normal(0.0, 1.0), 1),
    lambda m, d: d.LKJCholesky(1),
    lambda m, d: d.MixtureSameFamily(d.Normal(0.0, 1.0), d.Normal(0.0, 1.0)),
    lambda m, d: d.TransformedDistribution(d.Normal(0.0, 1.0), 3),
    lambda m, d: d.TransformedDistribution(d.Normal(0.0, 1.0), d.StickBreakingTransform()),
    lambda m, d: d.Geometric(0.0),
    lambda m, d: d.Poisson(-1.0),
    lambda m, d: d.Binomial(3, t(m, 0.5)).log_prob(t(m, 4.0)),
    lambda m, d: d.Distribution(),
    lambda m, d: d.Normal(0.0, 1.0).enumerate_support(),
    lambda m, d: d.Wishart(t(m, 1.0), t(m, [1.0, 0.0], [0.0, 1.0])),
    lambda m, d: d.Normal(m.zeros(3), m.ones(2)),
    lambda m, d: d.OneHotCategorical(t(m, 0.1, 0.9)).log_prob(t(m, 1.0, 1.0)),
    lambda m, d: d.Categorical(t(m, 0.1, 0.9)).log_prob(t(m, 2.0)),
    lambda m, d: d.Gamma(0.0, 1.0),
    lambda m, d: d.VonMises(t(m, 0.0), t(m, -1.0)),
    lambda m, d: d.LowRankMultivariateNormal(t(m, 0.0, 0.0), t(m, 1.0, 1.0), t(m, 1.0, 1.0)),
    lambda m, d: d.Normal(0.0, 1.0, validate_args=False).log_prob(1.0),
    lambda m, d: d.Independent(d.Bernoulli(t(m, 0.1, 0.2)), 1).enumerate_support(),
    lambda m, d: d.MultivariateNormal(t(m, 0.0, 0.0), t(m, 1.0, 1.0)),
    lambda m, d: d.StudentT(-1.0),
    lambda m, d: d.NegativeBinomial(1.0, t(m, 1.0)),
    lambda m, d: d.transforms.Transform(cache_size=2),
    lambda m, d: d.CatTransform([1]),
]
