import { describe, expect, it } from "vitest";
import { indexesIn } from "./rubberBand";

const list = { count: 100, perLine: 1, lineHeight: 40, width: 1000 };
const tiles = { count: 10, perLine: 4, lineHeight: 100, width: 400 };

describe("a rubber band", () => {
  it("touches the rows that it crosses, whole or not", () => {
    expect(indexesIn({ left: 300, right: 310, top: 90, bottom: 170 }, list)).toEqual([2, 3, 4]);
  });

  it("touches only the columns of tiles that it crosses", () => {
    expect(indexesIn({ left: 110, right: 290, top: 10, bottom: 110 }, tiles)).toEqual([1, 2, 5, 6]);
  });

  it("ends with the last tile", () => {
    expect(indexesIn({ left: 0, right: 400, top: 210, bottom: 900 }, tiles)).toEqual([8, 9]);
  });

  it("in the empty space below the rows touches none", () => {
    const short = { ...list, count: 2 };
    expect(indexesIn({ left: 0, right: 50, top: 120, bottom: 300 }, short)).toEqual([]);
  });
});
