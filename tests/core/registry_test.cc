#include "core/registry.h"

#include <catch2/catch.hpp>

namespace rove {
namespace {

struct Shape2D {
  double area = 0;
};
using Shapes = Registry<Shape2D, double>;

Shapes TwoShapes() {
  Shapes shapes("shape", "rove list shapes");
  shapes.Add("square", "four equal sides", [](const Config& config, const double& unit) {
    double side = 1;
    config.Get("side", &side, Positive());
    return std::make_unique<Shape2D>(Shape2D{side * side * unit});
  });
  shapes.Add("point", "nothing", [](const Config&, const double&) { return std::make_unique<Shape2D>(); });
  return shapes;
}

TEST_CASE("registry: makes what type names, with its own keys and the dependencies", "[core][unit]") {
  const auto shapes = TwoShapes();
  CHECK(shapes.Create(Config::Parse("{type: square, side: 3}"), 2.0)->area == 18);
  CHECK(shapes.Names() == std::vector<std::string>{"point", "square"});
  CHECK(shapes.Doc("square") == "four equal sides");
}

TEST_CASE("registry: unknown names, missing names and foreign keys are refused at their line", "[core][unit]") {
  const auto shapes = TwoShapes();
  const auto create = [&](const std::string& text) {
    shapes.Create(Config::Parse("shapes:\n  - " + text, "x.yaml").List("shapes")[0], 1.0);
  };
  CHECK_THROWS_WITH(create("type: sqare"),
                    "x.yaml:2: shapes[0].type: unknown shape \"sqare\"; did you mean \"square\"? (rove list shapes)");
  CHECK_THROWS_WITH(create("side: 1"), "x.yaml:2: shapes[0].type: is missing; it has no default");
  CHECK_THROWS_WITH(create("{type: square, sides: 1}"), "x.yaml:2: shapes[0].sides: unknown key; did you mean \"side\"?");
  CHECK_THROWS_WITH(create("{type: point, side: 1}"), "x.yaml:2: shapes[0].side: unknown key; known here: type");
  CHECK_THROWS_WITH(create("{type: square, side: 0}"), "x.yaml:2: shapes[0].side: expected > 0, got 0");
  CHECK_THROWS_WITH(create("square"), "x.yaml:2: shapes[0]: expected a map, got \"square\"");
}

}  // namespace
}  // namespace rove
