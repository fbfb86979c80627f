export { PostMortemPage as Component } from "./PostMortemPage.tsx";
