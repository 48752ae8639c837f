/** Cards in step with the picture. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PlayheadSchedule } from "../../../../../resources/viewer/scripts/playhead-schedule.js";

function scheduleAt(playhead) {
  const world = { playhead, now: 0, done: [] };
  world.schedule = new PlayheadSchedule(() => world.playhead, () => world.now);
  world.add = (mediaAt, name) => world.schedule.add(mediaAt, () => world.done.push(name));
  return world;
}

test("a thing waits for the playhead to reach it", () => {
  const world = scheduleAt(1_000);
  world.add(2_000, "card");
  world.schedule.tick();
  assert.deepEqual(world.done, []);
  world.playhead = 2_000;
  world.schedule.tick();
  assert.deepEqual(world.done, ["card"]);
});

test("without a date in the picture it is done at once", () => {
  const world = scheduleAt(null);
  world.add(2_000, "card");
  assert.deepEqual(world.done, ["card"]);
});

test("it is done after ten seconds even when the picture stands still", () => {
  const world = scheduleAt(1_000);
  world.add(2_000, "card");
  world.now = 9_999;
  world.schedule.tick();
  assert.deepEqual(world.done, []);
  world.now = 10_000;
  world.schedule.tick();
  assert.deepEqual(world.done, ["card"]);
});

test("the order is kept, also where a later thing has an earlier time", () => {
  const world = scheduleAt(1_000);
  world.add(3_000, "show A");
  world.add(2_500, "hide A");
  world.playhead = 2_600;
  world.schedule.tick();
  assert.deepEqual(world.done, []);
  world.playhead = 3_000;
  world.schedule.tick();
  assert.deepEqual(world.done, ["show A", "hide A"]);
});

test("a time that is none is due now, and what was cleared is forgotten", () => {
  const world = scheduleAt(1_000);
  world.add(Number.NaN, "now");
  world.add(5_000, "never");
  world.schedule.clear();
  world.playhead = 9_000;
  world.schedule.tick();
  assert.deepEqual(world.done, ["now"]);
});
