#include "agents/agent.h"

namespace rove {

AgentRegistry& Agents() {
  static AgentRegistry registry("agent", "rove list agents");
  return registry;
}

}  // namespace rove
