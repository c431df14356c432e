// The walled square table that reacher and point_mass lie on.
#pragma once

#include <string>

namespace rove::dm_control {

// ground_height: third size of the ground plane, which only its drawing uses.
inline std::string PlanarArena(const std::string& ground_height) {
  return R"(<geom name="ground" type="plane" size="0.3 0.3 )" + ground_height + R"("/>
    <geom type="plane" pos="-0.3 0 0.02" zaxis="1 0 0" size="0.02 0.3 0.02"/>
    <geom type="plane" pos="0 -0.3 0.02" zaxis="0 1 0" size="0.3 0.02 0.02"/>
    <geom type="plane" pos="0.3 0 0.02" zaxis="-1 0 0" size="0.02 0.3 0.02"/>
    <geom type="plane" pos="0 0.3 0.02" zaxis="0 -1 0" size="0.3 0.02 0.02"/>
    )";
}

}  // namespace rove::dm_control
