export { duration } from "./duration.ts";
export { progress, silent, type Figures, type Progress, type ProgressOptions, type ProgressStream } from "./progress.ts";
export { significant } from "./significant.ts";
