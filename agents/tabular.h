// Tabular agents: MADE where everything can be computed. One finite model (core/mdp.h) is read exactly (solve.h), learned by
// optimistic agents with a bonus (learner.h, bonus.h), climbed by exact policy gradients (policy_gradient.h), or explored by the
// paper's Algorithm 1 (frank_wolfe.h). Docs: docs/tabular.md. No torch; Eigen stays in the .cc files.
#pragma once

#include "agents/tabular/bonus.h"
#include "agents/tabular/frank_wolfe.h"
#include "agents/tabular/learner.h"
#include "agents/tabular/policy_gradient.h"
#include "agents/tabular/solve.h"
