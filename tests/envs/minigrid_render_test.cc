// Tiles and pictures against CRCs of upstream's (tests/golden/minigrid_pictures.jsonl.gz, made by
// tools/golden_minigrid_pictures.py, which describes its rows).
#include <catch2/catch.hpp>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/line_reader.h"
#include "core/file.h"
#include "envs/minigrid/tiles.h"
#include "envs/renderable.h"
#include "tests/envs/env_batch.h"

namespace rove::minigrid {
namespace {

using Json = nlohmann::json;

// ROVE_PICTURES names another such file, with more seeds and sizes.
std::string Golden() {
  const char* const path = std::getenv("ROVE_PICTURES");
  return path == nullptr ? ROVE_SOURCE_DIR "/tests/golden/minigrid_pictures.jsonl.gz" : path;
}

std::vector<Json> RowsOf(const std::string& path, const std::string& kind) {
  std::vector<Json> rows;
  LineReader reader(path);
  for (std::string line; reader.Next(&line);) {
    Json row = Json::parse(line);
    if (row.at("kind") == kind) rows.push_back(std::move(row));
  }
  return rows;
}

// What can lie in a cell, in the recorder's order.
std::vector<Cell> AllCells() {
  std::vector<Cell> cells = {kEmptyCell};
  for (const Kind kind : {kWall, kFloor, kDoorOpen, kKey, kBall, kBox, kGoal, kLava, kDoorClosed, kDoorLocked}) {
    for (int color = 0; color < (kind == kLava ? 1 : kNumColors); ++color)
      cells.push_back(MakeCell(kind, static_cast<Color>(color)));
  }
  return cells;
}

std::string_view Bytes(const std::uint8_t* data, std::size_t size) { return {reinterpret_cast<const char*>(data), size}; }

// Ten CRCs: lit no, yes; no agent, then its directions, over the first `under_agent` cells.
std::vector<std::uint32_t> TileCrcs(int size, std::size_t under_agent) {
  const Tiles& tiles = Tiles::OfSize(size);
  std::vector<std::uint32_t> sums;
  for (const bool lit : {false, true}) {
    for (const int agent : {kNoAgent, 0, 1, 2, 3}) {
      std::uint32_t crc = 0;
      std::vector<Cell> cells = AllCells();
      if (agent != kNoAgent) cells.resize(under_agent);
      for (const Cell cell : cells) {
        crc = Crc32(Bytes(tiles.Get(cell, agent, lit), static_cast<std::size_t>(size) * static_cast<std::size_t>(size) * 3), crc);
      }
      sums.push_back(crc);
    }
  }
  return sums;
}

// Compares every row of pictures. Returns how many.
int ComparePictures(const std::string& path) {
  const auto rows = RowsOf(path, "pictures");
  for (const Json& row : rows) {
    INFO(row.dump());
    EnvBatch batch(row.at("id").get<std::string>() + "\nview_size: " + row.at("view_size").dump(),
                   2);  // the second one: its pictures are those of its own row
    batch.Reset(row.at("seed").get<Seed>() - 1);
    const auto* const camera = dynamic_cast<const Renderable*>(&batch.env());
    REQUIRE(camera != nullptr);
    const int size = row.at("size");
    std::uint32_t world = 0, plain = 0, view = 0;
    Picture picture;
    const auto add = [&](const RenderOptions& options, std::uint32_t* crc) {
      camera->Render(1, options, &picture);
      *crc = Crc32(Bytes(picture.rgb.data(), picture.rgb.size()), *crc);
    };
    const std::string actions = row.at("actions");
    for (std::size_t t = 0;; ++t) {
      add({.view = RenderOptions::kWorld, .highlight = true, .scale = size}, &world);
      add({.view = RenderOptions::kWorld, .highlight = false, .scale = size}, &plain);
      add({.view = RenderOptions::kAgent, .highlight = true, .scale = size}, &view);
      if (t == actions.size()) break;
      batch.Step(actions[t] - '0');
    }
    CHECK(world == row.at("world"));
    CHECK(plain == row.at("plain"));
    CHECK(view == row.at("view"));
  }
  return static_cast<int>(rows.size());
}

TEST_CASE("every tile is upstream's, pixel for pixel; an agent over everything at sizes 8 and 32", "[envs][golden]") {
  const auto rows = RowsOf(Golden(), "tiles");
  CHECK(rows.size() >= 19);
  for (const Json& row : rows) {
    INFO(row.at("size"));
    CHECK(TileCrcs(row.at("size"), row.at("under_agent")) == row.at("crc").get<std::vector<std::uint32_t>>());
  }
}

TEST_CASE("pictures of every id of upstream are its own, pixel for pixel", "[envs][golden]") {
  CHECK(ComparePictures(Golden()) >= 2 * 76);
}

TEST_CASE("the columns rgb and rgb_partial are the pictures, in every row, for any view size", "[envs][unit]") {
  const auto [view, size, highlight] =
      GENERATE(std::tuple{7, 8, true}, std::tuple{7, 32, false}, std::tuple{3, 5, true}, std::tuple{9, 16, true});
  EnvBatch batch("MiniGrid-DoorKey-8x8-v0\noutputs: [rgb_partial, rgb]\ntile_size: " + std::to_string(size) +
                     "\nview_size: " + std::to_string(view) + "\nhighlight: " + (highlight ? "true" : "false"),
                 3);
  CHECK(batch.spec().obs[0].shape == Shape{view * size, view * size, 3});
  CHECK(batch.spec().obs[1].shape == Shape{8 * size, 8 * size, 3});
  batch.Reset(7);
  const auto& camera = dynamic_cast<const Renderable&>(batch.env());
  for (std::uint64_t step = 0; step < 30; ++step) {
    for (int row = 0; row < batch.n(); ++row) {
      Picture world, seen;
      camera.Render(row, {.view = RenderOptions::kWorld, .highlight = highlight, .scale = size}, &world);
      camera.Render(row, {.view = RenderOptions::kAgent, .highlight = false, .scale = size}, &seen);
      const auto equal = [&](const Picture& picture, std::span<const std::uint8_t> column) {
        const std::size_t bytes = picture.rgb.size();
        return std::ranges::equal(picture.rgb, column.subspan(static_cast<std::size_t>(row) * bytes, bytes));
      };
      CHECK(equal(world, batch.obs<std::uint8_t>("rgb")));
      CHECK(equal(seen, batch.obs<std::uint8_t>("rgb_partial")));
    }
    batch.DrawActions(Noise(1, "test").At(0, step));
    batch.Step();
  }
}

TEST_CASE("the tiles of a size are drawn once, by whichever thread comes first", "[envs][threads]") {
  constexpr int kSize = 41;  // no other test uses it
  const auto cells = AllCells();
  std::vector<std::vector<const std::uint8_t*>> seen(5);
  std::vector<std::thread> threads;
  for (auto& mine : seen) {
    threads.emplace_back([&mine, &cells] {
      for (const Cell cell : cells) mine.push_back(Tiles::OfSize(kSize).Get(cell, kNoAgent, true));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& mine : seen) CHECK(mine == seen[0]);
}

}  // namespace
}  // namespace rove::minigrid
