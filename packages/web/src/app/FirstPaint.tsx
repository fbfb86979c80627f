/** What stands on the page until the first screen's code is there: the page's colour and nothing that blinks. */
export function FirstPaint() {
  return <div aria-busy="true" style={{ minHeight: "100vh" }} />;
}
