// What a mutation could not do, at the fields of its form.
export type UserError = { path: readonly string[] | null; message: string; code: string };

/**
 * Splits errors into those of the form's fields, as `useForm().setErrors` of @mantine/form takes them, and the rest.
 * A path such as ["input", "prices", "0", "amount"] is the field "prices.0.amount".
 */
export function splitErrors(errors: readonly UserError[], fields: readonly string[]) {
  const atFields: Record<string, string> = {};
  const others: UserError[] = [];
  for (const error of errors) {
    const path = pathOf(error);
    const field = fields.find((each) => path === each || path.startsWith(`${each}.`));
    if (!field) others.push(error);
    else atFields[field] = field in atFields ? `${atFields[field]} ${error.message}` : error.message;
  }
  return { atFields, others };
}

/** Where in the input an error is: "prices.0.amount"; empty when it is about the whole input. */
export function pathOf({ path }: UserError): string {
  return (path ?? []).filter((part, index) => index > 0 || part !== "input").join(".");
}
