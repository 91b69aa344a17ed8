declare class uPlot {
  constructor(options: object, data: (number | null)[][], parent: HTMLElement);
  setData(data: (number | null)[][]): void;
  setSize(size: { width: number; height: number }): void;
  destroy(): void;
  static paths: { linear?: () => unknown; points?: () => unknown };
}
export default uPlot;
