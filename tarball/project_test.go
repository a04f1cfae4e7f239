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

// A project in place of its dags folder would put every DAG below dags/dags/.
func TestPackRefusesAProject(t *testing.T) {
	for _, mark := range []string{
		".astro/config.yaml", "Dockerfile", "Dockerfile.dev", "airflow_settings.yaml", "requirements.txt", "requirements-dev.txt", "packages.txt",
		".git/HEAD", ".git", ".github/workflows/ci.yaml", ".gitlab-ci.yml", "pyproject.toml", "uv.lock", "poetry.lock", "Pipfile", "Pipfile.lock",
		".hg/store", ".svn/entries", ".travis.yml", "bitbucket-pipelines.yml", "requirements.in", "constraints.txt", "environment.yml", "pixi.toml",
		"justfile", "GNUmakefile", "pytest.ini", "conftest.py", ".python-version", "setup.cfg", "setup.py", "tox.ini", "docker-compose.yml", "docker-compose.override.yaml", "compose.yaml", "Makefile",
	} {
		tree := fstest.MapFS{"dags/dag.py": file(""), "helpers.py": file(""), mark: file("")}
		_, text := refused(t, tarball.FS(tree, tarball.Ignore(mark)), "dags")
		top, _, _ := strings.Cut(mark, "/")
		assert.Contains(t, text, `"." holds a folder dags beside "`+top+`" like the project around a dags folder, so that its DAGs would lie below dags/dags/; pass what fs.Sub(fsys, "dags") returns, or the option Prefix("dags") if that is meant`, mark)
	}
	linked := folder(t, fstest.MapFS{"include/dag.py": file(""), "dags": link("include"), ".astro/config.yaml": file("")})
	_, text := refused(t, tarball.Dir(linked), "dags")
	assert.Contains(t, text, `beside ".astro" like the project`)
	root := folder(t, fstest.MapFS{"dags/dag.py": file(""), ".astro/config.yaml": file("")})
	why, text := refused(t, tarball.Dir(root), "./dags/")
	assert.Equal(t, root, why.Path)
	assert.Contains(t, text, `pass Dir("`+filepath.Join(root, "dags")+`"), or the option Prefix("dags") if that is meant`)

	assert.Contains(t, packed(t, tarball.Dir(root), ""), "dags/dag.py", "as a bundle it may be one")
	assert.Contains(t, packed(t, tarball.Dir(root, tarball.Prefix("dags")), "dags"), "dags/dags/dag.py", "it was said so")
	assert.Contains(t, packed(t, tarball.Dir(root, tarball.Prefix("")), "dags"), "dags/dag.py")
	assert.Contains(t, packed(t, tarball.Dir(filepath.Join(root, "dags")), "dags"), "dags/dag.py", "as it was meant")
}

// So would an embed.FS made by go:embed all:dags, in which nothing marks a project.
func TestPackRefusesTheFolderAroundDAGs(t *testing.T) {
	const around = "and no DAG beside it, so that its DAGs would lie below dags/"
	for name, test := range map[string]struct {
		tree    fstest.MapFS
		ignore  []string
		refused bool
	}{
		"alone":                                        {fstest.MapFS{"dags/a.py": file("")}, nil, true},
		"beside what is no DAG":                        {fstest.MapFS{"dags/a.py": file(""), "README.md": file(""), "lib/x.py": file(""), ".airflowignore": file(""), "__init__.py": file("")}, nil, true},
		"beside a DAG that is ignored":                 {fstest.MapFS{"dags/a.py": file(""), "b.py": file("")}, []string{"b.py"}, true},
		"beside a directory like one":                  {fstest.MapFS{"dags/a.py": file(""), "b.py/x": file("")}, nil, true},
		"in other letters":                             {fstest.MapFS{"DAGs/a.py": file("")}, nil, true},
		"a link to a folder":                           {fstest.MapFS{"real/a.py": file(""), "dags": link("real")}, nil, true},
		"a link, with a pattern for directories alone": {fstest.MapFS{"real/a.py": file(""), "dags": link("real")}, []string{"dags/"}, true},

		"beside a DAG":           {fstest.MapFS{"dags/a.py": file(""), "b.py": file("")}, nil, false},
		"beside a zip of DAGs":   {fstest.MapFS{"dags/a.py": file(""), "b.ZIP": file("")}, nil, false},
		"beside a link to a DAG": {fstest.MapFS{"dags/a.py": file(""), "b.py": link("dags/a.py")}, nil, false},
		"ignored":                {fstest.MapFS{"dags/a.py": file(""), "lib/b.py": file("")}, []string{"/dags/"}, false},
		"ignored, in a project":  {fstest.MapFS{"dags/a.py": file(""), "lib/b.py": file(""), "Dockerfile": file("")}, []string{"/dags/"}, false},
		"a file":                 {fstest.MapFS{"dags": file(""), "lib/b.py": file("")}, nil, false},
		"a link to a file":       {fstest.MapFS{"dags": link("lib/b.py"), "lib/b.py": file("")}, nil, false},
		"a link to nothing":      {fstest.MapFS{"dags": link("gone"), "lib/b.py": file("")}, nil, false},
		"deeper":                 {fstest.MapFS{"team/dags/a.py": file("")}, nil, false},
		"what DAG folders have":  {fstest.MapFS{"b.py": file(""), "dags/a.py": file(""), ".airflowignore": file(""), ".gitignore": file(""), "README.md": file(""), "__init__.py": file(""), "sql/x.sql": file("")}, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, source := range []*tarball.Source{tarball.FS(test.tree, tarball.Ignore(test.ignore...)), tarball.Dir(folder(t, test.tree), tarball.Ignore(test.ignore...))} {
				if test.refused {
					_, text := refused(t, source, "dags")
					assert.Contains(t, text, around)
					continue
				}
				assert.NotEmpty(t, packed(t, source, "dags"))
			}
			assert.NotEmpty(t, packed(t, tarball.FS(test.tree, tarball.Prefix("dags")), "dags"), "it was said so")
			assert.NotEmpty(t, packed(t, tarball.FS(test.tree), "shop"), "the prefix is another")
		})
	}
}

// The cure works.
func TestSubOfWhatIsEmbedded(t *testing.T) {
	sub, err := fs.Sub(fstest.MapFS{"dags/a.py": file("")}, "dags")
	assert.NoError(t, err)
	assert.Equal(t, []string{"dags/", "dags/a.py"}, packed(t, tarball.FS(sub), "dags"))
}
