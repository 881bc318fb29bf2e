"""Statistics of quality control, one method a file, named by the field's word.

Distributions, quadrature and optimisers are SciPy's; what is here is how the methods use them.
"""
