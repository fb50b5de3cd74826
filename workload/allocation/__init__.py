"""Posts at constant total: instance, rules, solver, independent check, justification.

instance     the question, in whole numbers (pools)
rules        one class per rule (unit_rules, group_rules)
objective    what each fairness minimises
solver       the greedy, or exact with CP-SAT under rules over several units (nested, general, exact, lagrange, search)
check        a verifier that knows no solver
relax        rules that cannot all hold: the least relaxation (violation), in sentences (explain)
justify      every change as an exact sum of named rows (pool_sum: several pools; compare: two runs)
stability    which moves survive the uncertainty
robustness   which survive weights that are all off (weight_box, reachable)
margin       who gets the next step, and thresholds (exchange)
methods      beside other ways to count (steps)
caseload     files beyond the ceilings
gain         cost and gain (register)
phasing      a plan over the years (departures, phasing_model, phasing_check)
post_profile the week the allocation implies
table        the same from one CSV file (table_reader, table_rules, table_output, table_variants)
"""
