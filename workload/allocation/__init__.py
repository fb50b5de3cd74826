"""Posts at constant total: instance, rules, solver, independent check, justification.

instance   the question, in whole numbers        rules      one class per rule, as boxes of steps
objective  what each fairness minimises          solver     greedy answer, proven, cross-checked by CP-SAT
check      a verifier that knows no solver       justify    every change as an exact sum of named rows
stability  which moves survive the uncertainty   table      the same from one CSV file
"""
