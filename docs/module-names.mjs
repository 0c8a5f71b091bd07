import { Converter, ReflectionKind } from "typedoc";

/** Names each module of the API as users import it: `@lab/tensor-core/report`, not the folder of its source. */
export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) module.name = `@lab/${module.name.replace(/\/src(?=\/|$)/, "")}`;
  });
}
