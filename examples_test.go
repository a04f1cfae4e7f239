package astrofinalize_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every exported function and method has an example with an output, except the methods that the
// standard library calls, such as Error and Is.
func TestEveryEntryPointHasAnExample(t *testing.T) {
	exempt := map[string]bool{"Error": true, "Is": true, "Unwrap": true, "Wait": true, "Read": true, "ReadAt": true, "Seek": true, "Close": true, "MarshalJSON": true, "MarshalText": true, "UnmarshalText": true, "LogValue": true}
	for _, dir := range []string{"wrapper", "deploys", "tarball", "astrotest"} {
		files := parseDir(t, dir)
		examples := map[string]bool{}
		for _, example := range doc.Examples(files...) {
			assert.NotEmpty(t, example.Output, "%s: Example%s does not run", dir, example.Name)
			name, _, _ := strings.Cut(example.Name, "_")
			if receiver, method, isMethod := strings.Cut(example.Name, "_"); isMethod && ast.IsExported(method) {
				name = receiver + "." + strings.Split(method, "_")[0]
			}
			examples[name] = true
		}
		for _, file := range files {
			for _, declared := range file.Decls {
				function, isFunction := declared.(*ast.FuncDecl)
				if !isFunction || !function.Name.IsExported() || strings.HasSuffix(file.Name.Name, "_test") || isTest(function) {
					continue
				}
				name := function.Name.Name
				if receiver := receiverOf(function); receiver != "" {
					if !ast.IsExported(receiver) || exempt[name] {
						continue
					}
					name = receiver + "." + name
				}
				assert.True(t, examples[name], "%s: %s has no example", dir, name)
			}
		}
	}
}

func isTest(function *ast.FuncDecl) bool {
	return strings.HasPrefix(function.Name.Name, "Test") || strings.HasPrefix(function.Name.Name, "Fuzz") || strings.HasPrefix(function.Name.Name, "Example")
}

// receiverOf returns the name of a method's receiver type without type parameters, or "" for a function.
func receiverOf(function *ast.FuncDecl) string {
	if function.Recv == nil {
		return ""
	}
	receiver := function.Recv.List[0].Type
	if pointer, isPointer := receiver.(*ast.StarExpr); isPointer {
		receiver = pointer.X
	}
	switch generic := receiver.(type) {
	case *ast.IndexExpr:
		receiver = generic.X
	case *ast.IndexListExpr:
		receiver = generic.X
	}
	return receiver.(*ast.Ident).Name
}

func TestReceiverOfIgnoresPointersAndTypeParameters(t *testing.T) {
	for declared, receiver := range map[string]string{
		"func f() {}":              "",
		"func (T) f() {}":          "T",
		"func (t *T) f() {}":       "T",
		"func (t T[A]) f() {}":     "T",
		"func (t *T[A]) f() {}":    "T",
		"func (t T[A, B]) f() {}":  "T",
		"func (t *T[A, B]) f() {}": "T",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+declared, 0)
		require.NoError(t, err)
		assert.Equal(t, receiver, receiverOf(file.Decls[0].(*ast.FuncDecl)), declared)
	}
}

func parseDir(t *testing.T, dir string) []*ast.File {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var files []*ast.File
	for _, path := range paths {
		source, err := os.ReadFile(path)
		require.NoError(t, err)
		file, err := parser.ParseFile(token.NewFileSet(), path, source, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	return files
}
