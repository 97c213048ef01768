{# The engine's own materializations, for those of a project or package that build on them. The engine
   itself never comes by here. #}

{% materialization view, default %}{{ return(adapter.__materialize('view')) }}{% endmaterialization %}
{% materialization table, default %}{{ return(adapter.__materialize('table')) }}{% endmaterialization %}
{% materialization incremental, default %}{{ return(adapter.__materialize('incremental')) }}{% endmaterialization %}
{% materialization materialized_view, default %}{{ return(adapter.__materialize('materialized_view')) }}{% endmaterialization %}
{% materialization snapshot, default %}{{ return(adapter.__materialize('snapshot')) }}{% endmaterialization %}
{% materialization seed, default %}{{ return(adapter.__materialize('seed')) }}{% endmaterialization %}
{% materialization test, default %}{{ return(adapter.__materialize('test')) }}{% endmaterialization %}
