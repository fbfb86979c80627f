export { seaworthy } from "./seaworthy.ts";
export {
  addBreadcrumb,
  captureException,
  flush,
  setTag,
  setUser,
  type CaptureOptions,
  type Level,
  type User,
} from "./capture.ts";
export type { MaskOptions, ReplayOptions, SeaworthyBrowserOptions } from "./options.ts";
