"""From stored rows to numbers: values, intervals, paired differences, tests, rankings, costs."""
