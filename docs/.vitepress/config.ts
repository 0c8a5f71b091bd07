import { existsSync } from "node:fs";
import { defineConfig, type UserConfig } from "vitepress";

const guide = [
  ["getting-started", "Getting started"],
  ["engine", "The engine"],
  ["jit", "jit"],
  ["memory", "Memory"],
  ["run", "run and checkpoints"],
  ["reports", "Reports"],
  ["examples", "Examples"],
  ["pacbayes-mnist", "How tight is a certificate?"],
  ["sam-vi-mnist", "Flat by the worst case, or on average?"],
  ["nonident-rules", "Equal likelihood, different rules"],
  ["nonident-icl", "Learning from the prompt, and twins that do not"],
  ["nonident-finetune", "Equal functions, different fine-tuning"],
  ["lacy-pretrain", "Which tokens should a small model delegate?"],
] as const;
const entries = ["tensor-core", "tensor-core/data", "tensor-core/report", "tensor-core/testing", "pacbayes", "sam-vi", "lacy", "nonident"];

const config: UserConfig = defineConfig({
  title: "lab",
  description: "Machine-learning research in TypeScript",
  cleanUrls: true,
  lastUpdated: false,
  // Docstrings write mathematics with angle brackets and braces; they are text, not templates.
  markdown: { html: false },
  vite: { logLevel: "warn" },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Guide", link: "/guide/getting-started" },
      { text: "API", link: "/api/" },
    ],
    sidebar: [
      { text: "Guide", items: guide.map(([file, text]) => ({ text, link: `/guide/${file}` })) },
      {
        text: "API",
        items: entries
          .filter((entry) => existsSync(new URL(`../api/@lab/${entry}.md`, import.meta.url)))
          .map((entry) => ({ text: `@lab/${entry}`, link: `/api/@lab/${entry}` })),
      },
    ],
  },
});

export default config;
