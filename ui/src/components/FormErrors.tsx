import { Alert, List } from "@mantine/core";

import { QueryError } from "./QueryState";
import { pathOf, type UserError } from "./userErrors";

/** The errors of a form that belong to none of its fields, and the error of its request. */
export function FormErrors({ errors, failure }: { errors: readonly UserError[]; failure?: unknown }) {
  return (
    <>
      {failure ? <QueryError error={failure} /> : null}
      {errors.length > 0 && (
        <Alert color="red" variant="outline" role="alert" mb="md" title="Nothing was changed">
          <List>
            {errors.map((error, index) => (
              <List.Item key={index}>{pathOf(error) && `${pathOf(error)}: `}{error.message}</List.Item>
            ))}
          </List>
        </Alert>
      )}
    </>
  );
}
