declare class uPlot {
  constructor(options: object, data: (number | null)[][], parent: HTMLElement);
  readonly data: (number | null)[][];
  readonly ctx: CanvasRenderingContext2D;
  /** Of the plot inside its axes, in pixels of the canvas. */
  readonly bbox: { left: number; top: number; width: number; height: number };
  valToPos(value: number, scale: "x" | "y", canvasPixels: boolean): number;
  destroy(): void;
}
export default uPlot;
