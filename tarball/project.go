package tarball

import (
	"io/fs"
	"slices"
)

// projectMarks lie in an Astro project beside its dags folder.
var projectMarks = []string{".astro", "Dockerfile", "airflow_settings.yaml", "requirements.txt"}

// checkProject refuses the mistake of naming the project in place of its dags folder.
func checkProject(fsys fs.FS, cfg *config) error {
	if cfg.prefixSet || cfg.prefix != dags || !isProject(fsys) {
		return nil
	}
	return &Error{Path: cfg.folder, Rule: `is an Astro project, whose DAGs would come to lie below dags/dags/; pass its dags folder, or the option Prefix("dags") if that is meant`}
}

func isProject(fsys fs.FS) bool {
	info, err := fs.Stat(fsys, "dags")
	return err == nil && info.IsDir() && slices.ContainsFunc(projectMarks, func(name string) bool {
		_, err := fs.Stat(fsys, name)
		return err == nil
	})
}
