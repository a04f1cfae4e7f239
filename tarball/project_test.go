package tarball_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/tarball"
)

// A project folder instead of its dags folder would put every DAG below dags/dags/.
func TestPackRejectsAProject(t *testing.T) {
	for _, mark := range []string{
		".astro/config.yaml", "Dockerfile", "Dockerfile.dev", "airflow_settings.yaml", "requirements.txt", "requirements-dev.txt", "packages.txt",
		".git/HEAD", ".git", ".github/workflows/ci.yaml", ".gitlab-ci.yml", "pyproject.toml", "uv.lock", "poetry.lock", "Pipfile", "Pipfile.lock",
		".hg/store", ".svn/entries", ".travis.yml", "bitbucket-pipelines.yml", "requirements.in", "constraints.txt", "environment.yml", "pixi.toml",
		"justfile", "GNUmakefile", "pytest.ini", "conftest.py", ".python-version", "setup.cfg", "setup.py", "tox.ini", "docker-compose.yml", "docker-compose.override.yaml", "compose.yaml", "Makefile",
	} {
		tree := fstest.MapFS{"dags/dag.py": file(""), "helpers.py": file(""), mark: file("")}
		_, text := refused(t, tarball.FS(tree, tarball.Ignore(mark)), "dags")
		top, _, _ := strings.Cut(mark, "/")
		assert.Contains(t, text, `"." contains a folder dags next to "`+top+`", like a project folder, so its DAGs would end up below dags/dags/; pass the result of fs.Sub(fsys, "dags"), or add the option Prefix("dags") if that is intended`, mark)
	}
	linked := folder(t, fstest.MapFS{"include/dag.py": file(""), "dags": link("include"), ".astro/config.yaml": file("")})
	_, text := refused(t, tarball.Dir(linked), "dags")
	assert.Contains(t, text, `next to ".astro", like a project folder`)
	root := folder(t, fstest.MapFS{"dags/dag.py": file(""), ".astro/config.yaml": file("")})
	why, text := refused(t, tarball.Dir(root), "./dags/")
	assert.Equal(t, root, why.Path)
	assert.Contains(t, text, `use Dir("`+filepath.Join(root, "dags")+`"), or add the option Prefix("dags") if that is intended`)

	assert.Contains(t, packed(t, tarball.Dir(root), ""), "dags/dag.py", "a bundle may be a project")
	assert.Contains(t, packed(t, tarball.Dir(root, tarball.Prefix("dags")), "dags"), "dags/dags/dag.py", "the option allows it")
	assert.Contains(t, packed(t, tarball.Dir(root, tarball.Prefix("")), "dags"), "dags/dag.py")
	assert.Contains(t, packed(t, tarball.Dir(filepath.Join(root, "dags")), "dags"), "dags/dag.py", "the suggested folder works")
}

// An embed.FS for //go:embed all:dags would do the same, although it has no project marks.
func TestPackRejectsAFolderThatContainsDags(t *testing.T) {
	const want = "and no DAG next to it, so its DAGs would end up below dags/"
	for name, test := range map[string]struct {
		tree    fstest.MapFS
		ignore  []string
		refused bool
	}{
		"alone":                       {fstest.MapFS{"dags/a.py": file("")}, nil, true},
		"next to other files":         {fstest.MapFS{"dags/a.py": file(""), "README.md": file(""), "lib/x.py": file(""), ".airflowignore": file(""), "__init__.py": file("")}, nil, true},
		"next to an ignored DAG":      {fstest.MapFS{"dags/a.py": file(""), "b.py": file("")}, []string{"b.py"}, true},
		"next to a directory b.py":    {fstest.MapFS{"dags/a.py": file(""), "b.py/x": file("")}, nil, true},
		"in upper case":               {fstest.MapFS{"DAGs/a.py": file("")}, nil, true},
		"a link to a folder":          {fstest.MapFS{"real/a.py": file(""), "dags": link("real")}, nil, true},
		"a link, directories ignored": {fstest.MapFS{"real/a.py": file(""), "dags": link("real")}, []string{"dags/"}, true},

		"next to a DAG":           {fstest.MapFS{"dags/a.py": file(""), "b.py": file("")}, nil, false},
		"next to a zip file":      {fstest.MapFS{"dags/a.py": file(""), "b.ZIP": file("")}, nil, false},
		"next to a link to a DAG": {fstest.MapFS{"dags/a.py": file(""), "b.py": link("dags/a.py")}, nil, false},
		"ignored":                 {fstest.MapFS{"dags/a.py": file(""), "lib/b.py": file("")}, []string{"/dags/"}, false},
		"ignored, in a project":   {fstest.MapFS{"dags/a.py": file(""), "lib/b.py": file(""), "Dockerfile": file("")}, []string{"/dags/"}, false},
		"a file":                  {fstest.MapFS{"dags": file(""), "lib/b.py": file("")}, nil, false},
		"a link to a file":        {fstest.MapFS{"dags": link("lib/b.py"), "lib/b.py": file("")}, nil, false},
		"a link to nothing":       {fstest.MapFS{"dags": link("gone"), "lib/b.py": file("")}, nil, false},
		"deeper":                  {fstest.MapFS{"team/dags/a.py": file("")}, nil, false},
		"a typical DAG folder":    {fstest.MapFS{"b.py": file(""), "dags/a.py": file(""), ".airflowignore": file(""), ".gitignore": file(""), "README.md": file(""), "__init__.py": file(""), "sql/x.sql": file("")}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, source := range []*tarball.Source{tarball.FS(test.tree, tarball.Ignore(test.ignore...)), tarball.Dir(folder(t, test.tree), tarball.Ignore(test.ignore...))} {
				if test.refused {
					_, text := refused(t, source, "dags")
					assert.Contains(t, text, want)
					continue
				}
				assert.NotEmpty(t, packed(t, source, "dags"))
			}
			assert.NotEmpty(t, packed(t, tarball.FS(test.tree, tarball.Prefix("dags")), "dags"), "the option allows it")
			assert.NotEmpty(t, packed(t, tarball.FS(test.tree), "shop"), "the check is for the prefix dags only")
		})
	}
}

// The suggested fs.Sub works.
func TestPackSubOfEmbedded(t *testing.T) {
	sub, err := fs.Sub(fstest.MapFS{"dags/a.py": file("")}, "dags")
	assert.NoError(t, err)
	assert.Equal(t, []string{"dags/", "dags/a.py"}, packed(t, tarball.FS(sub), "dags"))
}
