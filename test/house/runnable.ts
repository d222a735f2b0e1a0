import ts from 'typescript';

const LITERAL = /^(?:'[^…]*'|\[[^…]*\]|[\d.]+)$/;

/**
 * The code of a document with what its statements claim made into checks, in a function, for the Node that runs the tests.
 * `a === b` has to hold; `a; // value` has to equal the value if that is a string, a number or a list. The function needs `equal`.
 */
export function runnable(code: string): string {
  const source = ts.createSourceFile('example.ts', code, ts.ScriptTarget.Latest, true);
  const statements = source.statements.map((statement) => {
    if (ts.isImportDeclaration(statement)) return '';
    if (!ts.isExpressionStatement(statement)) return statement.getText();
    const { expression } = statement;
    if (ts.isBinaryExpression(expression) && expression.operatorToken.kind === ts.SyntaxKind.EqualsEqualsEqualsToken)
      return `equal(${expression.left.getText()}, ${expression.right.getText()});`;
    const said = /^[ \t]*\/\/ (.*)/.exec(code.slice(statement.end))?.[1];
    if (said === undefined || !LITERAL.test(said)) return statement.getText();
    return `equal(${expression.getText()}, ${said});`;
  });
  const { outputText } = ts.transpileModule(`async function example() {\n${statements.join('\n')}\n}`, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return `${outputText}\nreturn example();`;
}
