// rove record: files read back with giflib and libpng show what the environment shows; an episode of a run is the one that rove
// eval plays.
#include <gif_lib.h>
#include <png.h>

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/movie.h"
#include "cli/random_actions.h"
#include "core/error.h"
#include "core/file.h"
#include "envs/renderable.h"
#include "tests/cli/rove_runner.h"
#include "tests/envs/env_batch.h"

namespace rove {
namespace {

using Catch::Matchers::Contains;

const std::string kEnv = "MiniGrid-DoorKey-5x5-v0";

// The pictures of a GIF as a viewer shows them one after the other, and how long each stays.
struct Shown {
  std::vector<Picture> pictures;
  std::vector<int> show_cs;
};

Shown ReadGif(const std::string& path) {
  int error = 0;
  GifFileType* const gif = DGifOpenFileName(path.c_str(), &error);
  REQUIRE(gif != nullptr);
  REQUIRE(DGifSlurp(gif) == GIF_OK);
  Shown out;
  Picture screen{gif->SWidth, gif->SHeight, {}};
  screen.rgb.resize(static_cast<std::size_t>(screen.width * screen.height * 3), 1);
  for (int k = 0; k < gif->ImageCount; ++k) {
    const SavedImage& image = gif->SavedImages[k];
    const GifImageDesc& part = image.ImageDesc;
    for (int y = 0; y < part.Height; ++y) {
      for (int x = 0; x < part.Width; ++x) {
        const GifColorType color = part.ColorMap->Colors[image.RasterBits[y * part.Width + x]];
        std::uint8_t* const to = &screen.rgb[static_cast<std::size_t>(((part.Top + y) * screen.width + part.Left + x) * 3)];
        to[0] = color.Red, to[1] = color.Green, to[2] = color.Blue;
      }
    }
    out.pictures.push_back(screen);
    GraphicsControlBlock control;
    REQUIRE(DGifSavedExtensionToGCB(gif, k, &control) == GIF_OK);
    CHECK(control.DisposalMode == DISPOSE_DO_NOT);
    CHECK(control.TransparentColor == NO_TRANSPARENT_COLOR);
    out.show_cs.push_back(control.DelayTime);
  }
  DGifCloseFile(gif, &error);
  return out;
}

Picture ReadPng(const std::string& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_file(&image, path.c_str()) != 0);
  image.format = PNG_FORMAT_RGB;
  Picture out{static_cast<int>(image.width), static_cast<int>(image.height), {}};
  out.rgb.resize(PNG_IMAGE_SIZE(image));
  REQUIRE(png_image_finish_read(&image, nullptr, out.rgb.data(), 0, nullptr) != 0);
  return out;
}

// What `rove record --env kEnv` should show.
std::vector<Picture> RandomEpisode(Seed seed, int frames, const RenderOptions& options) {
  EnvBatch batch(kEnv, 1);
  batch.Reset(seed);
  std::vector<Picture> pictures;
  for (int step = 0; step < frames; ++step) {
    pictures.emplace_back();
    dynamic_cast<const Renderable&>(batch.env()).Render(0, options, &pictures.back());
    FillRandomActions(batch.spec().action, Noise(seed, "record").At(0, static_cast<std::uint64_t>(step)), batch.action());
    batch.Step();
  }
  return pictures;
}

Ran Record(const std::string& out, const std::vector<std::string>& more = {}, const std::string& frames = "60") {
  std::vector<std::string> args = {"record", "--env", kEnv, "-o", out, "--frames", frames, "--scale", "9"};
  args.insert(args.end(), more.begin(), more.end());
  return RunRove(args);
}

TEST_CASE("a recorded GIF shows every pixel of every step", "[cli][unit]") {
  const Sandbox box("record");
  const Ran ran = Record(box / "x.gif", {"--seed", "3", "--fps", "20"});
  CHECK(ran.err.empty());
  CHECK(ran.status == 0);
  CHECK_THAT(ran.out, Contains("x.gif: 60 pictures of 45 x 45; MiniGrid-DoorKey-5x5-v0, seed 3, 0 episodes to the end, return "));
  const Shown shown = ReadGif(box / "x.gif");
  CHECK(shown.pictures == RandomEpisode(3, 60, {.scale = 9}));
  CHECK(shown.show_cs == std::vector<int>(60, 5));
  CHECK(box.Files() == std::vector<std::string>{"x.gif"});
}

TEST_CASE("recorded PNG files hold the same pictures, numbered", "[cli][unit]") {
  const Sandbox box("record_png");
  const auto expected = RandomEpisode(0, 4, {.view = RenderOptions::kAgent, .scale = 9});
  for (const std::string out : {"x.png", "new/", "there"}) {
    INFO(out);
    std::filesystem::create_directory(box / "there");
    CHECK(Record(box / out, {"--view", "agent"}, "4").status == 0);
    const std::string prefix = out == "x.png" ? "x-" : out == "new/" ? "new/" : "there/";
    for (std::size_t i = 0; i < 4; ++i) CHECK(ReadPng(box / (prefix + "0000" + std::to_string(i) + ".png")) == expected[i]);
    CHECK(box.Files().size() == (out == "x.png" ? 5 : out == "new/" ? 10 : 14));  // folders count too
  }
}

TEST_CASE("the same seed gives the same bytes, another seed others", "[cli][unit]") {
  const Sandbox box("record_seed");
  Record(box / "a.gif", {"--seed", "1"});
  Record(box / "b.gif", {"--seed", "1"});
  Record(box / "c.gif", {"--seed", "2"});
  CHECK(Slurp(box / "a.gif") == Slurp(box / "b.gif"));
  CHECK(Slurp(box / "a.gif") != Slurp(box / "c.gif"));
}

TEST_CASE("settings of the environment, the next levels, and an end that stays a second longer", "[cli][unit]") {
  const Sandbox box("record_episodes");
  const Ran ran = Record(box / "x.gif", {"max_steps=3", "--episodes", "2", "--no-highlight"});
  CHECK_THAT(ran.out, Contains("8 pictures") && Contains("2 episodes to the end, return 0.000, 0.000"));
  const Shown shown = ReadGif(box / "x.gif");
  CHECK(shown.show_cs == std::vector<int>{13, 13, 13, 113, 13, 13, 13, 113});
  CHECK(shown.pictures[0] == RandomEpisode(0, 1, {.highlight = false, .scale = 9})[0]);
  CHECK(shown.pictures[4] == RandomEpisode(1, 1, {.highlight = false, .scale = 9})[0]);
}

TEST_CASE("keys are filmed as they are played", "[cli][unit]") {
  const Sandbox box("record_keys");
  const Ran ran = Record(box / "x.gif", {"--keys", "RPFFRTFFRFF"});  // as in play_test.cc
  CHECK_THAT(ran.out, Contains("12 pictures of 45 x 45; ") && Contains("1 episode to the end, return 0.960\n"));
  CHECK_THAT(Record(box / "x.gif", {"--keys", "RP"}).out, Contains("3 pictures") && Contains("return 0.000 so far\n"));
  const Ran wrong = Record(box / "y.gif", {"--keys", "Rq"});
  CHECK(wrong.status == 2);
  CHECK_THAT(wrong.err, Catch::StartsWith("rove record: --keys: \"q\" is no key of this environment; L R turn, F goes, "));
  CHECK(box.Files() == std::vector<std::string>{"x.gif"});
}

TEST_CASE("a GIF of a picture with more than 256 colours keeps the most frequent ones and takes the nearest for others",
          "[cli][unit]") {
  Picture picture{300, 2, {}};
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 300; ++x) {  // 256 colours twice, 44 reddish ones once, in the upper row; below them black
      const bool rare = x >= 256, black = rare && y == 1;
      picture.rgb.push_back(black ? 0 : rare ? 255 : 0);
      picture.rgb.push_back(0);
      picture.rgb.push_back(static_cast<std::uint8_t>(black ? 0 : rare ? x - 256 : x));
    }
  }
  const Sandbox box("record_colors");
  const auto movie = MakeMovie(box / "x.gif");
  movie->Add(picture, 1);
  movie->Write();
  const Picture shown = ReadGif(box / "x.gif").pictures.at(0);
  for (std::size_t x = 0; x < 300; ++x) {
    INFO(x);
    CHECK(shown.rgb[(300 + x) * 3 + 2] == (x < 256 ? x : 0));
    CHECK(shown.rgb[x * 3] == 0);  // the nearest frequent colour has the same blue
    CHECK(shown.rgb[x * 3 + 2] == (x < 256 ? x : x - 256));
  }
}

TEST_CASE("when the disk is full nothing is left, and an older file is untouched", "[cli][unit]") {
  struct Faults {
    explicit Faults(std::string_view text) { SetFailPoints(text); }
    ~Faults() { SetFailPoints(""); }
  };
  const Sandbox box("record_full");
  box.Write("x.gif", "older");
  const auto [out, fault] =
      GENERATE(std::pair{"x.gif", "write=short"}, std::pair{"new/", "write:3=enospc"}, std::pair{"y.png", "write:60=short"});
  const Faults faults(fault);
  const Ran ran = Record(box / out);
  CHECK(ran.status == 1);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.err, Contains(": cannot be written: No space left on device\n"));
  CHECK(box.Files() == std::vector<std::string>{"x.gif"});
  CHECK(Slurp(box / "x.gif") == "older");
}

TEST_CASE("episodes of a run are those that rove eval plays with the same seed", "[cli][unit]") {
  const Sandbox box("record_run");
  const std::string config = box.Write("a.yaml", R"(env: {type: MiniGrid-Empty-Random-5x5-v0, count: 4, max_steps: 40}
agent: {type: probe/counter}
run: {frames: 400, rollout: 10}
evaluation: {every: 0}
)");
  REQUIRE(RunRove({"train", config, "--run", box / "run"}).status == 0);
  const auto evaluated = nlohmann::json::parse(RunRove({"eval", box / "run", "--json", "--seed", "5", "--episodes", "20"}).out);
  for (const std::string mode : {"sampled", "greedy"}) {
    const Ran ran =
        RunRove({"record", box / "run", "-o", box / "x.gif", "--seed", "5", "--episodes", "5", "--mode", mode, "--scale", "4"});
    CHECK(ran.err.empty());
    const auto& lengths = evaluated["modes"][mode]["lengths"];
    int pictures = 5;  // one before the first step of each
    std::string returns;
    for (std::size_t e = 0; e < 5; ++e) {
      pictures += lengths[e].get<int>();
      char text[32];
      std::snprintf(text, sizeof text, "%s%.3f", e == 0 ? "" : ", ", evaluated["modes"][mode]["returns"][e].get<double>());
      returns += text;
    }
    CHECK_THAT(ran.out, Contains(std::to_string(pictures) +
                                 " pictures of 20 x 20; MiniGrid-Empty-Random-5x5-v0, seed 5, "
                                 "5 episodes to the end, return " +
                                 returns + "\n"));
    if (mode == "sampled") CHECK(returns.find_first_of("123456789") != returns.npos);  // one is solved: episodes differ
  }
}

TEST_CASE("a run that cannot be drawn is refused before anything is written", "[cli][unit]") {
  const Sandbox box("record_corridor");
  const std::string config = box.Write("a.yaml",
                                       "env: {type: probe/corridor, count: 2}\nagent: {type: probe/recurrent}\n"
                                       "run: {frames: 100, rollout: 10}\nevaluation: {every: 0}\n");
  REQUIRE(RunRove({"train", config, "--run", box / "run"}).status == 0);
  const auto before = box.Files();
  const Ran ran = RunRove({"record", box / "run", "-o", box / "x.gif"});
  CHECK(ran.status == 2);
  CHECK(ran.err == "probe/corridor: cannot be drawn; MiniGrid's environments can (rove list envs)\n");
  CHECK(box.Files() == before);
}

}  // namespace
}  // namespace rove
