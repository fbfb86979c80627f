/** A worker of Cloudflare's. */
import { serve } from "./edge-app.ts";

export default { fetch: serve };
