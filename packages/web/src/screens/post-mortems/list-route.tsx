export { PostMortemList as Component } from "./PostMortemList.tsx";
