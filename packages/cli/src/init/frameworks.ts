/** The kit's package. */
export const kit = "@seaworthy/sdk";

/** What the kit's lines are made of. */
interface Place {
  /** The application's variable. */
  readonly variable: string;
  /** The kit's options, as code. */
  readonly options: string;
  /** A name that is free, for the kit's middleware. */
  readonly watch: string;
  /** `await ` where that is allowed, else nothing. */
  readonly awaited: string;
}

interface FrameworkForm {
  readonly package: string;
  /** The name under which the package exports what makes applications. */
  readonly exported: string;
  /** What is called on it; nothing when it is called itself. */
  readonly method: string;
  /** The statements right after the application is made, without semicolons. */
  readonly lines: (place: Place) => string[];
}

const middlewareLines = ({ variable, options }: Place) => [
  `${variable}.use(seaworthy(${options}))`,
];

/**
 * How applications are made and watched, by the name of the kit's entry. In the order in which they are
 * looked for: NestJS brings Express or Fastify with it.
 */
export const frameworks = {
  nestjs: {
    package: "@nestjs/core",
    exported: "NestFactory",
    method: ".create",
    lines: ({ variable, options, awaited }) => [`${awaited}seaworthy(${variable}, ${options})`],
  },
  fastify: {
    package: "fastify",
    exported: "fastify",
    method: "",
    lines: ({ variable, options, awaited }) => [
      `${awaited}${variable}.register(seaworthy, ${options})`,
    ],
  },
  hono: {
    package: "hono",
    exported: "Hono",
    method: "",
    lines: ({ variable, options }) => [`seaworthy(${variable}, ${options})`],
  },
  koa: { package: "koa", exported: "Koa", method: "", lines: middlewareLines },
  express: {
    package: "express",
    exported: "express",
    method: "",
    lines: ({ variable, options, watch }) => [
      `const ${watch} = seaworthy(${options})`,
      `${variable}.use(${watch})`,
    ],
  },
} as const satisfies Record<string, FrameworkForm>;

export type Framework = keyof typeof frameworks;

/** The names in the order in which they are looked for. */
export const frameworkNames = Object.keys(frameworks) as Framework[];
