"""Student's t as a normal variable; prints the table of src/detector/student.rs (scipy)."""

import scipy
from scipy.stats import norm, t

print("scipy", scipy.__version__)
for freedom in (1, 2, 3, 5, 10, 23, 24, 30, 60, 200, 1000):
    for x in (0.01, 0.5, 1.0, 2.5, 5.0, 12.0, 40.0):
        z = norm.isf(t.sf(x, freedom))
        print(f"({freedom}.0, {x}, {z:.12}),")
