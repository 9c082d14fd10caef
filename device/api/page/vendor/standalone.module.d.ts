// The types of the one library that the page loads: htm's bundle with Preact, served beside the page.

export { html, render, useCallback, useEffect, useRef, useState } from "htm/preact";
export type { VNode } from "preact";
