! The public headers as they are: for accel_calls.f90, and for what Fortran programs do in C's own words.
! Options are the headers' structs; the rest of this file says nothing that they do not.
!
! Written by scripts/generate_fortran from include/accel.
module accel_c
  use, intrinsic :: iso_c_binding
  implicit none
  public

  ! accel_preparable_kind
  integer(c_int), parameter :: accel_preparable_module = 0
  integer(c_int), parameter :: accel_preparable_optimizer = 1
  integer(c_int), parameter :: accel_preparable_scheduler = 2
  integer(c_int), parameter :: accel_preparable_loader = 3
  integer(c_int), parameter :: accel_preparable_evaluated_module = 4

  ! accel_comm_hook
  integer(c_int), parameter :: accel_comm_hook_no = 0
  integer(c_int), parameter :: accel_comm_hook_fp16 = 1
  integer(c_int), parameter :: accel_comm_hook_bf16 = 2
  integer(c_int), parameter :: accel_comm_hook_power_sgd = 3
  integer(c_int), parameter :: accel_comm_hook_batched_power_sgd = 4

  ! accel_status
  integer(c_int), parameter :: accel_ok = 0
  integer(c_int), parameter :: accel_einval = 1
  integer(c_int), parameter :: accel_enotfound = 2
  integer(c_int), parameter :: accel_eio = 3
  integer(c_int), parameter :: accel_eformat = 4
  integer(c_int), parameter :: accel_enomem = 5
  integer(c_int), parameter :: accel_eunsupported = 6
  integer(c_int), parameter :: accel_estale = 7
  integer(c_int), parameter :: accel_eengine = 8
  integer(c_int), parameter :: accel_emismatch = 9
  integer(c_int), parameter :: accel_epeer = 10
  integer(c_int), parameter :: accel_etimeout = 11

  ! accel_log_level
  integer(c_int), parameter :: accel_log_debug = 0
  integer(c_int), parameter :: accel_log_info = 1
  integer(c_int), parameter :: accel_log_warning = 2

  ! accel_reduction
  integer(c_int), parameter :: accel_reduction_none = 0
  integer(c_int), parameter :: accel_reduction_mean = 1
  integer(c_int), parameter :: accel_reduction_sum = 2

  ! accel_value_kind
  integer(c_int), parameter :: accel_value_none = 0
  integer(c_int), parameter :: accel_value_tensor = 1
  integer(c_int), parameter :: accel_value_integer = 2
  integer(c_int), parameter :: accel_value_real = 3
  integer(c_int), parameter :: accel_value_boolean = 4
  integer(c_int), parameter :: accel_value_string = 5
  integer(c_int), parameter :: accel_value_generator = 6
  integer(c_int), parameter :: accel_value_integers = 7
  integer(c_int), parameter :: accel_value_reals = 8
  integer(c_int), parameter :: accel_value_tensors = 9

  ! accel_mixed_precision
  integer(c_int), parameter :: accel_precision_unset = 0
  integer(c_int), parameter :: accel_precision_no = 1
  integer(c_int), parameter :: accel_fp16 = 2
  integer(c_int), parameter :: accel_bf16 = 3

  ! accel_file_format
  integer(c_int), parameter :: accel_file_by_name = 0
  integer(c_int), parameter :: accel_file_csv = 1
  integer(c_int), parameter :: accel_file_tsv = 2
  integer(c_int), parameter :: accel_file_json_lines = 3

  ! accel_bad_lines
  integer(c_int), parameter :: accel_bad_lines_error = 0
  integer(c_int), parameter :: accel_bad_lines_skip = 1

  ! accel_dtype
  integer(c_int), parameter :: accel_dtype_unset = -1
  integer(c_int), parameter :: accel_uint8 = 0
  integer(c_int), parameter :: accel_int8 = 1
  integer(c_int), parameter :: accel_int16 = 2
  integer(c_int), parameter :: accel_int32 = 3
  integer(c_int), parameter :: accel_int64 = 4
  integer(c_int), parameter :: accel_float16 = 5
  integer(c_int), parameter :: accel_float32 = 6
  integer(c_int), parameter :: accel_float64 = 7
  integer(c_int), parameter :: accel_boolean = 11
  integer(c_int), parameter :: accel_bfloat16 = 15

  ! accel_device_type
  integer(c_int), parameter :: accel_cpu = 0
  integer(c_int), parameter :: accel_cuda = 1

  integer(c_int), parameter :: accelerator_models_max = 16

  type, bind(c) :: accelerator_options
    integer(c_size_t) :: struct_size
    logical(c_bool) :: cpu
    logical(c_bool) :: device_placement
    integer(c_int64_t) :: data_seed
    logical(c_bool) :: split_batches
    logical(c_bool) :: even_batches
    integer(c_int) :: dispatch_batches
    real(c_double) :: timeout
    integer(c_int64_t) :: gradient_accumulation_steps
    logical(c_bool) :: sync_with_dataloader
    logical(c_bool) :: sync_each_batch
    logical(c_bool) :: step_scheduler_with_optimizer
    integer(c_int) :: mixed_precision
    type(c_ptr) :: grad_scaler
    type(c_ptr) :: log_with
    type(c_ptr) :: project_dir
    logical(c_bool) :: automatic_checkpoint_naming
    integer(c_int64_t) :: total_limit
    logical(c_bool) :: save_on_each_node
    type(c_ptr) :: logging_dir
    type(c_ptr) :: data_parallel
    integer(c_int) :: num_threads
    logical(c_bool) :: keep_memory
    logical(c_bool) :: fast_matmul
  end type

  type, bind(c) :: accel_preparable
    integer(c_int) :: kind
    type(c_ptr) :: handle
  end type

  type, bind(c) :: accelerator_prepare_model_options
    integer(c_size_t) :: struct_size
    logical(c_bool) :: evaluation_mode
  end type

  type, bind(c) :: accelerator_set_seed_options
    integer(c_size_t) :: struct_size
    logical(c_bool) :: device_specific
    logical(c_bool) :: deterministic
  end type

  type, bind(c) :: accel_no_grad_block
    logical(c_bool) :: open
    logical(c_bool) :: enabled_before
  end type

  type, bind(c) :: accel_save_state_dict_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: max_shard_size
    logical(c_bool) :: safe_serialization
  end type

  type, bind(c) :: accel_load_checkpoint_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: device
    integer(c_int) :: dtype
    logical(c_bool) :: strict
  end type

  type, bind(c) :: accelerator_reduce_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: reduction
    real(c_double) :: scale
  end type

  type, bind(c) :: accelerator_pad_options
    integer(c_size_t) :: struct_size
    integer(c_int) :: dim
    real(c_double) :: pad_index
    logical(c_bool) :: pad_first
  end type

  type, bind(c) :: accel_power_sgd_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: matrix_approximation_rank
    integer(c_int64_t) :: start_power_sgd_iter
    real(c_double) :: min_compression_rate
    logical(c_bool) :: use_error_feedback
    logical(c_bool) :: warm_start
    real(c_double) :: orthogonalization_epsilon
    integer(c_int32_t) :: random_seed
    integer(c_int64_t) :: compression_stats_logging_frequency
    logical(c_bool) :: batch_tensors_with_same_shape
  end type

  type, bind(c) :: accel_data_parallel_options
    integer(c_size_t) :: struct_size
    real(c_double) :: bucket_cap_mb
    logical(c_bool) :: find_unused_parameters
    logical(c_bool) :: static_graph
    logical(c_bool) :: gradient_as_bucket_view
    logical(c_bool) :: broadcast_buffers
    integer(c_int) :: comm_hook
    integer(c_int) :: comm_wrapper
    type(c_ptr) :: power_sgd
    type(c_funptr) :: comm_hook_function
    type(c_ptr) :: comm_hook_user
  end type

  type, bind(c) :: accel_dataset_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: length
    type(c_funptr) :: sample
    type(c_funptr) :: collate
    type(c_funptr) :: batch
    type(c_ptr) :: user
    type(c_funptr) :: release
  end type

  type, bind(c) :: accel_iterable_dataset_options
    integer(c_size_t) :: struct_size
    type(c_funptr) :: begin
    type(c_funptr) :: next
    type(c_funptr) :: end
    type(c_funptr) :: transform
    type(c_funptr) :: collate
    integer(c_int64_t) :: length
    type(c_ptr) :: user
    type(c_funptr) :: release
  end type

  type, bind(c) :: accel_padding
    type(c_ptr) :: name
    real(c_double) :: value
  end type

  type, bind(c) :: accel_error
    integer(c_int) :: status
    character(kind=c_char) :: call(96)
    character(kind=c_char) :: message(1024)
  end type

  type, bind(c) :: accel_try_block
    logical(c_bool) :: open
    type(accel_error) :: saved
  end type

  type, bind(c) :: accelerator_join_block
    logical(c_bool) :: open
    logical(c_bool) :: joins
    type(c_ptr) :: acc
  end type

  type, bind(c) :: accel_linear_options
    integer(c_size_t) :: struct_size
    logical(c_bool) :: bias
  end type

  type, bind(c) :: accel_embedding_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: padding_idx
  end type

  type, bind(c) :: accel_layer_norm_options
    integer(c_size_t) :: struct_size
    real(c_double) :: eps
  end type

  type, bind(c) :: accel_attention_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: attn_mask
    real(c_double) :: dropout_p
    logical(c_bool) :: is_causal
    real(c_double) :: scale
  end type

  type, bind(c) :: accel_loader_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: batch_size
    logical(c_bool) :: shuffle
    logical(c_bool) :: drop_last
    integer(c_int64_t) :: data_seed
    integer(c_int) :: num_workers
    integer(c_int) :: prefetch
    type(c_funptr) :: batches
    type(c_ptr) :: batches_user
  end type

  type, bind(c) :: accel_loop
    logical(c_bool) :: open
    type(c_ptr) :: loader
  end type

  type, bind(c) :: accelerator_local_sgd_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: local_sgd_steps
    logical(c_bool) :: enabled
  end type

  type, bind(c) :: accelerator_local_sgd_block
    logical(c_bool) :: open
    type(c_ptr) :: acc
    type(c_ptr) :: model
  end type

  type, bind(c) :: accel_cross_entropy_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: weight
    integer(c_int) :: reduction
    integer(c_int64_t) :: ignore_index
    real(c_double) :: label_smoothing
  end type

  type, bind(c) :: accel_mse_loss_options
    integer(c_size_t) :: struct_size
    integer(c_int) :: reduction
  end type

  type, bind(c) :: accelerator_batch_size_options
    integer(c_size_t) :: struct_size
    type(c_funptr) :: reduce
    type(c_ptr) :: user
  end type

  type, bind(c) :: accelerator_batch_size_search
    integer(c_int64_t) :: batch_size
    logical(c_bool) :: running
    type(accelerator_batch_size_options) :: options
    type(c_ptr) :: acc
    type(c_ptr) :: scope
    logical(c_bool) :: begun
  end type

  type, bind(c) :: accel_model_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: task
    integer(c_int64_t) :: num_labels
  end type

  type, bind(c) :: accel_text_dataset_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: text_column
    integer(c_int64_t) :: max_length
  end type

  type, bind(c) :: accel_labelled_row
    integer(c_int64_t) :: row
    integer(c_int64_t) :: label
  end type

  type, bind(c) :: accel_module_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: type
    type(c_funptr) :: forward
    type(c_funptr) :: forward_dict
    type(c_ptr) :: user
    type(c_funptr) :: release
  end type

  type, bind(c) :: accel_load_state_dict_options
    integer(c_size_t) :: struct_size
    logical(c_bool) :: strict
  end type

  type, bind(c) :: accel_no_init_block
    logical(c_bool) :: open
    logical(c_bool) :: skipped_before
  end type

  type, bind(c) :: accel_value
    integer(c_int) :: kind
    integer(c_size_t) :: count
    integer(c_int64_t) :: as
  end type

  type, bind(c) :: accel_adam_options
    integer(c_size_t) :: struct_size
    real(c_double) :: lr
    real(c_double) :: beta1
    real(c_double) :: beta2
    real(c_double) :: eps
    real(c_double) :: weight_decay
    logical(c_bool) :: amsgrad
    logical(c_bool) :: maximize
  end type

  type, bind(c) :: accel_sgd_options
    integer(c_size_t) :: struct_size
    real(c_double) :: lr
    real(c_double) :: momentum
    real(c_double) :: dampening
    real(c_double) :: weight_decay
    logical(c_bool) :: nesterov
    logical(c_bool) :: maximize
  end type

  type, bind(c) :: accel_group_options
    integer(c_size_t) :: struct_size
    real(c_double) :: lr
    real(c_double) :: weight_decay
  end type

  type, bind(c) :: accel_grad_scaler_options
    integer(c_size_t) :: struct_size
    real(c_double) :: init_scale
    real(c_double) :: growth_factor
    real(c_double) :: backoff_factor
    integer(c_int) :: growth_interval
    logical(c_bool) :: enabled
  end type

  type, bind(c) :: accelerator_first_block
    logical(c_bool) :: open
    logical(c_bool) :: first
    type(c_ptr) :: acc
    type(c_ptr) :: call
  end type

  type, bind(c) :: accelerator_split_options
    integer(c_size_t) :: struct_size
    logical(c_bool) :: apply_padding
  end type

  type, bind(c) :: accelerator_profile_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: output_trace_dir
    logical(c_bool) :: record_shapes
    logical(c_bool) :: profile_memory
    logical(c_bool) :: with_flops
    integer(c_int64_t) :: skip_first
    integer(c_int64_t) :: wait
    integer(c_int64_t) :: warmup
    integer(c_int64_t) :: active
    integer(c_int64_t) :: repeat
    type(c_funptr) :: on_trace_ready
    type(c_ptr) :: user
  end type

  type, bind(c) :: accelerator_profile_block
    logical(c_bool) :: open
    logical(c_bool) :: profiles
    type(c_ptr) :: acc
  end type

  type, bind(c) :: accel_progress_options
    integer(c_size_t) :: struct_size
    logical(c_bool) :: enabled
    type(c_ptr) :: stream
    real(c_double) :: minimum_interval
    integer(c_int64_t) :: initial
    type(c_ptr) :: unit
    logical(c_bool) :: unit_scale
    real(c_double) :: unit_divisor
    logical(c_bool) :: leave
    real(c_double) :: smoothing
  end type

  type, bind(c) :: accel_record_field
    type(c_ptr) :: name
    integer(c_int) :: dtype
  end type

  type, bind(c) :: accel_record_dataset_options
    integer(c_size_t) :: struct_size
    integer(c_int) :: format
    character(kind=c_char) :: delimiter
    type(c_ptr) :: column_names
    type(c_funptr) :: transform
    type(c_ptr) :: fields
    integer(c_size_t) :: fields_count
    type(c_funptr) :: collate
    integer(c_int) :: on_bad_lines
    logical(c_bool) :: streaming
    integer(c_int64_t) :: length
    type(c_ptr) :: user
    type(c_funptr) :: release
  end type

  type, bind(c) :: accel_scheduler_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: num_warmup_steps
    integer(c_int64_t) :: num_training_steps
    real(c_double) :: num_cycles
    real(c_double) :: min_lr
    real(c_double) :: min_lr_rate
    real(c_double) :: warmup_lr_rate
    real(c_double) :: lr_end
    real(c_double) :: power
    integer(c_int64_t) :: timescale
    integer(c_int64_t) :: num_stable_steps
    integer(c_int64_t) :: num_decay_steps
    type(c_ptr) :: warmup_type
    type(c_ptr) :: decay_type
    real(c_double) :: min_lr_ratio
    type(c_ptr) :: mode
    real(c_double) :: factor
    integer(c_int64_t) :: patience
    real(c_double) :: threshold
    type(c_ptr) :: threshold_mode
    integer(c_int64_t) :: cooldown
    type(c_ptr) :: min_lrs
    integer(c_size_t) :: min_lrs_count
    real(c_double) :: eps
  end type

  type, bind(c) :: accel_scope_block
    logical(c_bool) :: open
    type(c_ptr) :: scope
  end type

  type, bind(c) :: accelerator_save_state_options
    integer(c_size_t) :: struct_size
    logical(c_bool) :: safe_serialization
    logical(c_bool) :: async
  end type

  type, bind(c) :: accel_checkpointable
    type(c_ptr) :: name
    type(c_ptr) :: user
    type(c_funptr) :: state_dict
    type(c_funptr) :: load_state_dict
  end type

  type, bind(c) :: accel_device
    integer(c_int) :: type
    integer(c_int) :: index
  end type

  type, bind(c) :: accel_tensor_wrap_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: strides
    type(c_funptr) :: release
    type(c_ptr) :: user
  end type

  type, bind(c) :: accel_token_dataset_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: sequence_length
    integer(c_int64_t) :: stride
    integer(c_int) :: token_bytes
    integer(c_int64_t) :: offset
    logical(c_bool) :: shift_labels
  end type

  type, bind(c) :: accel_encoding
    integer(c_size_t) :: length
    type(c_ptr) :: input_ids
    type(c_ptr) :: token_type_ids
    type(c_ptr) :: attention_mask
  end type

  type, bind(c) :: accel_tokenizer_encode_options
    integer(c_size_t) :: struct_size
    type(c_ptr) :: pair
    integer(c_size_t) :: pair_size
    integer(c_int64_t) :: max_length
    logical(c_bool) :: add_special_tokens
  end type

  type, bind(c) :: accel_text
    type(c_ptr) :: data
    integer(c_size_t) :: size
  end type

  type, bind(c) :: accel_log_value
    type(c_ptr) :: name
    real(c_double) :: number
    type(c_ptr) :: text
  end type

  type, bind(c) :: accelerator_log_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: step
  end type

  type, bind(c) :: accel_tracker_callbacks
    type(c_ptr) :: name
    type(c_funptr) :: start
    type(c_funptr) :: log
    type(c_funptr) :: finish
    type(c_ptr) :: user
    logical(c_bool) :: every_process
  end type

  type, bind(c) :: accelerator_backward_options
    integer(c_size_t) :: struct_size
    integer(c_int64_t) :: num_items
    logical(c_bool) :: retain_graph
  end type

  type, bind(c) :: accelerator_no_sync_block
    logical(c_bool) :: open
    logical(c_bool) :: accumulates
    type(c_ptr) :: acc
    type(c_ptr) :: models(16)
    integer(c_size_t) :: count
    integer(c_int64_t) :: prepared
  end type

  type, bind(c) :: accelerator_autocast_block
    logical(c_bool) :: open
    logical(c_bool) :: entered
    logical(c_bool) :: enabled
    logical(c_bool) :: cache
    integer(c_int) :: dtype
    integer(c_int) :: device
  end type

  interface

    function c_accelerator_create_with(options) bind(c, name="accelerator_create_with")
      import
      type(accelerator_options), intent(in) :: options
      type(c_ptr) :: c_accelerator_create_with
    end function

    function c_accelerator_options_default() bind(c, name="accelerator_options_default")
      import
      type(accelerator_options) :: c_accelerator_options_default
    end function

    function c_accelerator_finish(acc) bind(c, name="accelerator_finish")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_finish
    end function

    function c_accelerator_device(acc) bind(c, name="accelerator_device")
      import
      type(c_ptr), value :: acc
      type(accel_device) :: c_accelerator_device
    end function

    function c_accelerator_num_processes(acc) bind(c, name="accelerator_num_processes")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_num_processes
    end function

    function c_accelerator_process_index(acc) bind(c, name="accelerator_process_index")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_process_index
    end function

    function c_accelerator_local_process_index(acc) bind(c, name="accelerator_local_process_index")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_local_process_index
    end function

    function c_accelerator_is_main_process(acc) bind(c, name="accelerator_is_main_process")
      import
      type(c_ptr), value :: acc
      logical(c_bool) :: c_accelerator_is_main_process
    end function

    function c_accelerator_is_local_main_process(acc) bind(c, name="accelerator_is_local_main_process")
      import
      type(c_ptr), value :: acc
      logical(c_bool) :: c_accelerator_is_local_main_process
    end function

    function c_accelerator_prepare_items(acc, items, count) bind(c, name="accelerator_prepare_items")
      import
      type(c_ptr), value :: acc
      type(accel_preparable), intent(in) :: items(*)
      integer(c_size_t), value :: count
      integer(c_int) :: c_accelerator_prepare_items
    end function

    function c_accelerator_prepare_model_with(acc, model, options) bind(c, &
      name="accelerator_prepare_model_with")
      import
      type(c_ptr), value :: acc, model
      type(accelerator_prepare_model_options), intent(in) :: options
      integer(c_int) :: c_accelerator_prepare_model_with
    end function

    function c_accelerator_prepare_model_options_default() bind(c, &
      name="accelerator_prepare_model_options_default")
      import
      type(accelerator_prepare_model_options) :: c_accelerator_prepare_model_options_default
    end function

    function c_accelerator_unwrap_model(acc, model) bind(c, name="accelerator_unwrap_model")
      import
      type(c_ptr), value :: acc, model
      type(c_ptr) :: c_accelerator_unwrap_model
    end function

    function c_accelerator_get_state_dict(acc, model) bind(c, name="accelerator_get_state_dict")
      import
      type(c_ptr), value :: acc, model
      type(c_ptr) :: c_accelerator_get_state_dict
    end function

    function c_accelerator_set_seed_with(acc, seed, options) bind(c, name="accelerator_set_seed_with")
      import
      type(c_ptr), value :: acc
      integer(c_int64_t), value :: seed
      type(accelerator_set_seed_options), intent(in) :: options
      integer(c_int) :: c_accelerator_set_seed_with
    end function

    function c_accelerator_set_seed_options_default() bind(c, name="accelerator_set_seed_options_default")
      import
      type(accelerator_set_seed_options) :: c_accelerator_set_seed_options_default
    end function

    function c_accelerator_skip_first_batches(acc, loader, num_batches) bind(c, &
      name="accelerator_skip_first_batches")
      import
      type(c_ptr), value :: acc, loader
      integer(c_int64_t), value :: num_batches
      integer(c_int) :: c_accelerator_skip_first_batches
    end function

    function c_accelerator_print(acc, text) bind(c, name="accel_fortran_accelerator_print")
      import
      type(c_ptr), value :: acc
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int) :: c_accelerator_print
    end function

    function c_accelerator_progress_with(acc, total, description, options) bind(c, &
      name="accelerator_progress_with")
      import
      type(c_ptr), value :: acc, description
      integer(c_int64_t), value :: total
      type(accel_progress_options), intent(in) :: options
      type(c_ptr) :: c_accelerator_progress_with
    end function

    function c_accel_requires_grad(tensor) bind(c, name="accel_requires_grad")
      import
      type(c_ptr), value :: tensor
      logical(c_bool) :: c_accel_requires_grad
    end function

    function c_accel_set_requires_grad(tensor, requires_grad) bind(c, name="accel_set_requires_grad")
      import
      type(c_ptr), value :: tensor
      logical(c_bool), value :: requires_grad
      integer(c_int) :: c_accel_set_requires_grad
    end function

    function c_accel_backward(tensor) bind(c, name="accel_backward")
      import
      type(c_ptr), value :: tensor
      integer(c_int) :: c_accel_backward
    end function

    function c_accel_backward_from(tensor, gradient, retain_graph) bind(c, name="accel_backward_from")
      import
      type(c_ptr), value :: tensor, gradient
      logical(c_bool), value :: retain_graph
      integer(c_int) :: c_accel_backward_from
    end function

    function c_accel_grad(tensor) bind(c, name="accel_grad")
      import
      type(c_ptr), value :: tensor
      type(c_ptr) :: c_accel_grad
    end function

    function c_accel_set_grad(tensor, gradient) bind(c, name="accel_set_grad")
      import
      type(c_ptr), value :: tensor, gradient
      integer(c_int) :: c_accel_set_grad
    end function

    function c_accel_detach(tensor) bind(c, name="accel_detach")
      import
      type(c_ptr), value :: tensor
      type(c_ptr) :: c_accel_detach
    end function

    function c_accel_no_grad_begin() bind(c, name="accel_no_grad_begin")
      import
      type(accel_no_grad_block) :: c_accel_no_grad_begin
    end function

    subroutine c_accel_no_grad_end(block) bind(c, name="accel_no_grad_end")
      import
      type(accel_no_grad_block), intent(inout) :: block
    end subroutine

    function c_accel_load(path) bind(c, name="accel_load")
      import
      character(kind=c_char), intent(in) :: path(*)
      type(c_ptr) :: c_accel_load
    end function

    function c_accel_save(dict, path) bind(c, name="accel_save")
      import
      type(c_ptr), value :: dict
      character(kind=c_char), intent(in) :: path(*)
      integer(c_int) :: c_accel_save
    end function

    function c_accel_save_state_dict_with(dict, folder, options) bind(c, name="accel_save_state_dict_with")
      import
      type(c_ptr), value :: dict
      character(kind=c_char), intent(in) :: folder(*)
      type(accel_save_state_dict_options), intent(in) :: options
      integer(c_int) :: c_accel_save_state_dict_with
    end function

    function c_accel_save_state_dict_options_default() bind(c, name="accel_save_state_dict_options_default")
      import
      type(accel_save_state_dict_options) :: c_accel_save_state_dict_options_default
    end function

    function c_accel_load_checkpoint_in_model_with(model, path, options) bind(c, &
      name="accel_load_checkpoint_in_model_with")
      import
      type(c_ptr), value :: model
      character(kind=c_char), intent(in) :: path(*)
      type(accel_load_checkpoint_options), intent(in) :: options
      integer(c_int) :: c_accel_load_checkpoint_in_model_with
    end function

    function c_accel_load_checkpoint_options_default() bind(c, name="accel_load_checkpoint_options_default")
      import
      type(accel_load_checkpoint_options) :: c_accel_load_checkpoint_options_default
    end function

    function c_accelerator_save_model_with(acc, model, folder, options) bind(c, &
      name="accelerator_save_model_with")
      import
      type(c_ptr), value :: acc, model
      character(kind=c_char), intent(in) :: folder(*)
      type(accel_save_state_dict_options), intent(in) :: options
      integer(c_int) :: c_accelerator_save_model_with
    end function

    function c_accelerator_save(acc, dict, path) bind(c, name="accelerator_save")
      import
      type(c_ptr), value :: acc, dict
      character(kind=c_char), intent(in) :: path(*)
      integer(c_int) :: c_accelerator_save
    end function

    function c_accelerator_gather(acc, tensor) bind(c, name="accelerator_gather")
      import
      type(c_ptr), value :: acc, tensor
      type(c_ptr) :: c_accelerator_gather
    end function

    function c_accelerator_gather_for_metrics(acc, tensor) bind(c, name="accelerator_gather_for_metrics")
      import
      type(c_ptr), value :: acc, tensor
      type(c_ptr) :: c_accelerator_gather_for_metrics
    end function

    function c_accelerator_reduce_with(acc, tensor, options) bind(c, name="accelerator_reduce_with")
      import
      type(c_ptr), value :: acc, tensor
      type(accelerator_reduce_options), intent(in) :: options
      type(c_ptr) :: c_accelerator_reduce_with
    end function

    function c_accelerator_reduce_options_default() bind(c, name="accelerator_reduce_options_default")
      import
      type(accelerator_reduce_options) :: c_accelerator_reduce_options_default
    end function

    function c_accelerator_broadcast(acc, tensor, from_process) bind(c, name="accelerator_broadcast")
      import
      type(c_ptr), value :: acc, tensor
      integer(c_int), value :: from_process
      integer(c_int) :: c_accelerator_broadcast
    end function

    function c_accelerator_share_error(acc) bind(c, name="accelerator_share_error")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_share_error
    end function

    function c_accelerator_wait_for_everyone(acc) bind(c, name="accelerator_wait_for_everyone")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_wait_for_everyone
    end function

    function c_accelerator_gather_dict(acc, dict) bind(c, name="accelerator_gather_dict")
      import
      type(c_ptr), value :: acc, dict
      type(c_ptr) :: c_accelerator_gather_dict
    end function

    function c_accelerator_gather_for_metrics_dict(acc, dict) bind(c, &
      name="accelerator_gather_for_metrics_dict")
      import
      type(c_ptr), value :: acc, dict
      type(c_ptr) :: c_accelerator_gather_for_metrics_dict
    end function

    function c_accelerator_reduce_dict_with(acc, dict, options) bind(c, name="accelerator_reduce_dict_with")
      import
      type(c_ptr), value :: acc, dict
      type(accelerator_reduce_options), intent(in) :: options
      type(c_ptr) :: c_accelerator_reduce_dict_with
    end function

    function c_accelerator_broadcast_dict(acc, dict, from_process) bind(c, name="accelerator_broadcast_dict")
      import
      type(c_ptr), value :: acc, dict
      integer(c_int), value :: from_process
      integer(c_int) :: c_accelerator_broadcast_dict
    end function

    function c_accelerator_pad_across_processes_with(acc, tensor, options) bind(c, &
      name="accelerator_pad_across_processes_with")
      import
      type(c_ptr), value :: acc, tensor
      type(accelerator_pad_options), intent(in) :: options
      type(c_ptr) :: c_accelerator_pad_across_processes_with
    end function

    function c_accelerator_pad_dict_across_processes_with(acc, dict, options) bind(c, &
      name="accelerator_pad_dict_across_processes_with")
      import
      type(c_ptr), value :: acc, dict
      type(accelerator_pad_options), intent(in) :: options
      type(c_ptr) :: c_accelerator_pad_dict_across_processes_with
    end function

    function c_accelerator_pad_options_default() bind(c, name="accelerator_pad_options_default")
      import
      type(accelerator_pad_options) :: c_accelerator_pad_options_default
    end function

    function c_accelerator_gather_bytes(acc, data, size, sizes) bind(c, name="accelerator_gather_bytes")
      import
      type(c_ptr), value :: acc, data
      integer(c_size_t), value :: size
      integer(c_size_t), intent(out) :: sizes
      type(c_ptr) :: c_accelerator_gather_bytes
    end function

    function c_accel_comm_hook_name(hook) bind(c, name="accel_comm_hook_name")
      import
      integer(c_int), value :: hook
      type(c_ptr) :: c_accel_comm_hook_name
    end function

    function c_accel_comm_hook_find(name, hook) bind(c, name="accel_comm_hook_find")
      import
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int), intent(out) :: hook
      logical(c_bool) :: c_accel_comm_hook_find
    end function

    function c_accel_power_sgd_options_default() bind(c, name="accel_power_sgd_options_default")
      import
      type(accel_power_sgd_options) :: c_accel_power_sgd_options_default
    end function

    function c_accel_grad_bucket_buffer(bucket) bind(c, name="accel_grad_bucket_buffer")
      import
      type(c_ptr), value :: bucket
      type(c_ptr) :: c_accel_grad_bucket_buffer
    end function

    function c_accel_grad_bucket_count(bucket) bind(c, name="accel_grad_bucket_count")
      import
      type(c_ptr), value :: bucket
      integer(c_size_t) :: c_accel_grad_bucket_count
    end function

    function c_accel_grad_bucket_gradient(bucket, i) bind(c, name="accel_grad_bucket_gradient")
      import
      type(c_ptr), value :: bucket
      integer(c_size_t), value :: i
      type(c_ptr) :: c_accel_grad_bucket_gradient
    end function

    function c_accel_grad_bucket_parameter(bucket, i) bind(c, name="accel_grad_bucket_parameter")
      import
      type(c_ptr), value :: bucket
      integer(c_size_t), value :: i
      type(c_ptr) :: c_accel_grad_bucket_parameter
    end function

    function c_accel_grad_bucket_name(bucket, i) bind(c, name="accel_grad_bucket_name")
      import
      type(c_ptr), value :: bucket
      integer(c_size_t), value :: i
      type(c_ptr) :: c_accel_grad_bucket_name
    end function

    function c_accel_grad_bucket_index(bucket) bind(c, name="accel_grad_bucket_index")
      import
      type(c_ptr), value :: bucket
      integer(c_size_t) :: c_accel_grad_bucket_index
    end function

    function c_accel_grad_bucket_is_last(bucket) bind(c, name="accel_grad_bucket_is_last")
      import
      type(c_ptr), value :: bucket
      logical(c_bool) :: c_accel_grad_bucket_is_last
    end function

    function c_accel_grad_bucket_num_processes(bucket) bind(c, name="accel_grad_bucket_num_processes")
      import
      type(c_ptr), value :: bucket
      integer(c_int) :: c_accel_grad_bucket_num_processes
    end function

    function c_accel_grad_bucket_all_reduce(bucket, tensor) bind(c, name="accel_grad_bucket_all_reduce")
      import
      type(c_ptr), value :: bucket, tensor
      integer(c_int) :: c_accel_grad_bucket_all_reduce
    end function

    function c_accel_data_parallel_options_default() bind(c, name="accel_data_parallel_options_default")
      import
      type(accel_data_parallel_options) :: c_accel_data_parallel_options_default
    end function

    function c_accel_dataset_create_with(options) bind(c, name="accel_dataset_create_with")
      import
      type(accel_dataset_options), intent(in) :: options
      type(c_ptr) :: c_accel_dataset_create_with
    end function

    function c_accel_dataset_options_default() bind(c, name="accel_dataset_options_default")
      import
      type(accel_dataset_options) :: c_accel_dataset_options_default
    end function

    function c_accel_tensor_dataset(tensors) bind(c, name="accel_tensor_dataset")
      import
      type(c_ptr), value :: tensors
      type(c_ptr) :: c_accel_tensor_dataset
    end function

    function c_accel_concat_dataset(datasets, count) bind(c, name="accel_concat_dataset")
      import
      type(c_ptr), intent(in) :: datasets(*)
      integer(c_size_t), value :: count
      type(c_ptr) :: c_accel_concat_dataset
    end function

    function c_accel_iterable_dataset_with(options) bind(c, name="accel_iterable_dataset_with")
      import
      type(accel_iterable_dataset_options), intent(in) :: options
      type(c_ptr) :: c_accel_iterable_dataset_with
    end function

    function c_accel_iterable_dataset_options_default() bind(c, name="accel_iterable_dataset_options_default")
      import
      type(accel_iterable_dataset_options) :: c_accel_iterable_dataset_options_default
    end function

    function c_accel_dataset_length(dataset) bind(c, name="accel_dataset_length")
      import
      type(c_ptr), value :: dataset
      integer(c_int64_t) :: c_accel_dataset_length
    end function

    function c_accel_collate_stack(user, samples, count) bind(c, name="accel_collate_stack")
      import
      type(c_ptr), value :: user
      type(c_ptr), intent(in) :: samples(*)
      integer(c_size_t), value :: count
      type(c_ptr) :: c_accel_collate_stack
    end function

    function c_accel_collate_padded(samples, count, paddings, paddings_count) bind(c, &
      name="accel_collate_padded")
      import
      type(c_ptr), intent(in) :: samples(*)
      integer(c_size_t), value :: count, paddings_count
      type(accel_padding), intent(in) :: paddings(*)
      type(c_ptr) :: c_accel_collate_padded
    end function

    function c_accel_device_count(type) bind(c, name="accel_device_count")
      import
      integer(c_int), value :: type
      integer(c_int) :: c_accel_device_count
    end function

    function c_accel_device_name(device) bind(c, name="accel_device_name")
      import
      type(accel_device), value :: device
      type(c_ptr) :: c_accel_device_name
    end function

    function c_accel_device_synchronize(device) bind(c, name="accel_device_synchronize")
      import
      type(accel_device), value :: device
      integer(c_int) :: c_accel_device_synchronize
    end function

    function c_accel_device_memory(device, free, total) bind(c, name="accel_device_memory")
      import
      type(accel_device), value :: device
      integer(c_int64_t), intent(out) :: free, total
      integer(c_int) :: c_accel_device_memory
    end function

    function c_accel_zeros_on(device, dtype, sizes, rank) bind(c, name="accel_zeros_on")
      import
      type(accel_device), value :: device
      integer(c_int), value :: dtype
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_zeros_on
    end function

    function c_accel_ones_on(device, dtype, sizes, rank) bind(c, name="accel_ones_on")
      import
      type(accel_device), value :: device
      integer(c_int), value :: dtype
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_ones_on
    end function

    function c_accel_full_on(device, value, dtype, sizes, rank) bind(c, name="accel_full_on")
      import
      type(accel_device), value :: device
      real(c_double), value :: value
      integer(c_int), value :: dtype
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_full_on
    end function

    function c_accel_to_device(x, device) bind(c, name="accel_to_device")
      import
      type(c_ptr), value :: x
      type(accel_device), value :: device
      type(c_ptr) :: c_accel_to_device
    end function

    function c_accel_dict_to_device(dict, device) bind(c, name="accel_dict_to_device")
      import
      type(c_ptr), value :: dict
      type(accel_device), value :: device
      type(c_ptr) :: c_accel_dict_to_device
    end function

    function c_accel_dict_create() bind(c, name="accel_dict_create")
      import
      type(c_ptr) :: c_accel_dict_create
    end function

    function c_accel_dict_set(dict, name, tensor) bind(c, name="accel_dict_set")
      import
      type(c_ptr), value :: dict, tensor
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int) :: c_accel_dict_set
    end function

    function c_accel_dict_get(dict, name) bind(c, name="accel_dict_get")
      import
      type(c_ptr), value :: dict
      character(kind=c_char), intent(in) :: name(*)
      type(c_ptr) :: c_accel_dict_get
    end function

    function c_accel_dict_has(dict, name) bind(c, name="accel_dict_has")
      import
      type(c_ptr), value :: dict
      character(kind=c_char), intent(in) :: name(*)
      logical(c_bool) :: c_accel_dict_has
    end function

    function c_accel_dict_remove(dict, name) bind(c, name="accel_dict_remove")
      import
      type(c_ptr), value :: dict
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int) :: c_accel_dict_remove
    end function

    function c_accel_dict_count(dict) bind(c, name="accel_dict_count")
      import
      type(c_ptr), value :: dict
      integer(c_size_t) :: c_accel_dict_count
    end function

    function c_accel_dict_name(dict, index) bind(c, name="accel_dict_name")
      import
      type(c_ptr), value :: dict
      integer(c_size_t), value :: index
      type(c_ptr) :: c_accel_dict_name
    end function

    function c_accel_dict_tensor(dict, index) bind(c, name="accel_dict_tensor")
      import
      type(c_ptr), value :: dict
      integer(c_size_t), value :: index
      type(c_ptr) :: c_accel_dict_tensor
    end function

    function c_accel_error_last() bind(c, name="accel_error_last")
      import
      type(c_ptr) :: c_accel_error_last
    end function

    function c_accel_error_is_set() bind(c, name="accel_error_is_set")
      import
      logical(c_bool) :: c_accel_error_is_set
    end function

    function c_accel_error_status() bind(c, name="accel_error_status")
      import
      integer(c_int) :: c_accel_error_status
    end function

    function c_accel_error_text() bind(c, name="accel_error_text")
      import
      type(c_ptr) :: c_accel_error_text
    end function

    subroutine c_accel_error_clear() bind(c, name="accel_error_clear")
      import
    end subroutine

    function c_accel_error_raise(status, call, text) bind(c, name="accel_fortran_accel_error_raise")
      import
      integer(c_int), value :: status
      character(kind=c_char), intent(in) :: call(*), text(*)
      integer(c_int) :: c_accel_error_raise
    end function

    function c_accel_status_name(status) bind(c, name="accel_status_name")
      import
      integer(c_int), value :: status
      type(c_ptr) :: c_accel_status_name
    end function

    function c_accel_status_text(status) bind(c, name="accel_status_text")
      import
      integer(c_int), value :: status
      type(c_ptr) :: c_accel_status_text
    end function

    subroutine c_accel_error_set_handler(handler, user) bind(c, name="accel_error_set_handler")
      import
      type(c_funptr), value :: handler
      type(c_ptr), value :: user
    end subroutine

    function c_accel_try_begin() bind(c, name="accel_try_begin")
      import
      type(accel_try_block) :: c_accel_try_begin
    end function

    subroutine c_accel_try_end(block) bind(c, name="accel_try_end")
      import
      type(accel_try_block), intent(inout) :: block
    end subroutine

    function c_accel_init_uniform(tensor, from, to) bind(c, name="accel_init_uniform")
      import
      type(c_ptr), value :: tensor
      real(c_double), value :: from, to
      integer(c_int) :: c_accel_init_uniform
    end function

    function c_accel_init_normal(tensor, mean, std) bind(c, name="accel_init_normal")
      import
      type(c_ptr), value :: tensor
      real(c_double), value :: mean, std
      integer(c_int) :: c_accel_init_normal
    end function

    function c_accel_init_constant(tensor, value) bind(c, name="accel_init_constant")
      import
      type(c_ptr), value :: tensor
      real(c_double), value :: value
      integer(c_int) :: c_accel_init_constant
    end function

    function c_accel_init_kaiming_uniform(tensor, a) bind(c, name="accel_init_kaiming_uniform")
      import
      type(c_ptr), value :: tensor
      real(c_double), value :: a
      integer(c_int) :: c_accel_init_kaiming_uniform
    end function

    function c_accel_init_xavier_uniform(tensor, gain) bind(c, name="accel_init_xavier_uniform")
      import
      type(c_ptr), value :: tensor
      real(c_double), value :: gain
      integer(c_int) :: c_accel_init_xavier_uniform
    end function

    function c_accelerator_join_begin(acc) bind(c, name="accelerator_join_begin")
      import
      type(c_ptr), value :: acc
      type(accelerator_join_block) :: c_accelerator_join_begin
    end function

    subroutine c_accelerator_join_end(block) bind(c, name="accelerator_join_end")
      import
      type(accelerator_join_block), intent(inout) :: block
    end subroutine

    function c_accel_linear_with(in_features, out_features, options) bind(c, name="accel_linear_with")
      import
      integer(c_int64_t), value :: in_features, out_features
      type(accel_linear_options), intent(in) :: options
      type(c_ptr) :: c_accel_linear_with
    end function

    function c_accel_linear_options_default() bind(c, name="accel_linear_options_default")
      import
      type(accel_linear_options) :: c_accel_linear_options_default
    end function

    function c_accel_embedding_with(num_embeddings, embedding_dim, options) bind(c, &
      name="accel_embedding_with")
      import
      integer(c_int64_t), value :: num_embeddings, embedding_dim
      type(accel_embedding_options), intent(in) :: options
      type(c_ptr) :: c_accel_embedding_with
    end function

    function c_accel_embedding_options_default() bind(c, name="accel_embedding_options_default")
      import
      type(accel_embedding_options) :: c_accel_embedding_options_default
    end function

    function c_accel_layer_norm_with(size, options) bind(c, name="accel_layer_norm_with")
      import
      integer(c_int64_t), value :: size
      type(accel_layer_norm_options), intent(in) :: options
      type(c_ptr) :: c_accel_layer_norm_with
    end function

    function c_accel_layer_norm_options_default() bind(c, name="accel_layer_norm_options_default")
      import
      type(accel_layer_norm_options) :: c_accel_layer_norm_options_default
    end function

    function c_accel_dropout(p) bind(c, name="accel_dropout")
      import
      real(c_double), value :: p
      type(c_ptr) :: c_accel_dropout
    end function

    function c_accel_relu_module() bind(c, name="accel_relu_module")
      import
      type(c_ptr) :: c_accel_relu_module
    end function

    function c_accel_gelu_module() bind(c, name="accel_gelu_module")
      import
      type(c_ptr) :: c_accel_gelu_module
    end function

    function c_accel_tanh_module() bind(c, name="accel_tanh_module")
      import
      type(c_ptr) :: c_accel_tanh_module
    end function

    function c_accel_sequential_of(modules, count) bind(c, name="accel_sequential_of")
      import
      type(c_ptr), intent(in) :: modules(*)
      integer(c_size_t), value :: count
      type(c_ptr) :: c_accel_sequential_of
    end function

    function c_accel_scaled_dot_product_attention_with(query, key, value, options) bind(c, &
      name="accel_scaled_dot_product_attention_with")
      import
      type(c_ptr), value :: query, key, value
      type(accel_attention_options), intent(in) :: options
      type(c_ptr) :: c_accel_scaled_dot_product_attention_with
    end function

    function c_accel_attention_options_default() bind(c, name="accel_attention_options_default")
      import
      type(accel_attention_options) :: c_accel_attention_options_default
    end function

    function c_accel_batch_list_add(list, indices, count) bind(c, name="accel_batch_list_add")
      import
      type(c_ptr), value :: list
      integer(c_int64_t), intent(in) :: indices(*)
      integer(c_size_t), value :: count
      integer(c_int) :: c_accel_batch_list_add
    end function

    function c_accel_loader_create_with(dataset, options) bind(c, name="accel_loader_create_with")
      import
      type(c_ptr), value :: dataset
      type(accel_loader_options), intent(in) :: options
      type(c_ptr) :: c_accel_loader_create_with
    end function

    function c_accel_loader_options_default() bind(c, name="accel_loader_options_default")
      import
      type(accel_loader_options) :: c_accel_loader_options_default
    end function

    function c_accel_loader_length(loader) bind(c, name="accel_loader_length")
      import
      type(c_ptr), value :: loader
      integer(c_int64_t) :: c_accel_loader_length
    end function

    function c_accel_loader_epoch(loader) bind(c, name="accel_loader_epoch")
      import
      type(c_ptr), value :: loader
      integer(c_int64_t) :: c_accel_loader_epoch
    end function

    function c_accel_loader_set_epoch(loader, epoch) bind(c, name="accel_loader_set_epoch")
      import
      type(c_ptr), value :: loader
      integer(c_int64_t), value :: epoch
      integer(c_int) :: c_accel_loader_set_epoch
    end function

    function c_accel_loader_skip_first_batches(loader, num_batches) bind(c, &
      name="accel_loader_skip_first_batches")
      import
      type(c_ptr), value :: loader
      integer(c_int64_t), value :: num_batches
      integer(c_int) :: c_accel_loader_skip_first_batches
    end function

    function c_accel_loader_state_dict(loader) bind(c, name="accel_loader_state_dict")
      import
      type(c_ptr), value :: loader
      type(c_ptr) :: c_accel_loader_state_dict
    end function

    function c_accel_loader_load_state_dict(loader, state) bind(c, name="accel_loader_load_state_dict")
      import
      type(c_ptr), value :: loader, state
      integer(c_int) :: c_accel_loader_load_state_dict
    end function

    function c_accel_loader_begin(loader) bind(c, name="accel_loader_begin")
      import
      type(c_ptr), value :: loader
      integer(c_int) :: c_accel_loader_begin
    end function

    function c_accel_loader_next(loader) bind(c, name="accel_loader_next")
      import
      type(c_ptr), value :: loader
      type(c_ptr) :: c_accel_loader_next
    end function

    subroutine c_accel_loader_end(loader) bind(c, name="accel_loader_end")
      import
      type(c_ptr), value :: loader
    end subroutine

    function c_accel_loop_begin(loader) bind(c, name="accel_loop_begin")
      import
      type(c_ptr), value :: loader
      type(accel_loop) :: c_accel_loop_begin
    end function

    subroutine c_accel_loop_end(loop) bind(c, name="accel_loop_end")
      import
      type(accel_loop), intent(inout) :: loop
    end subroutine

    function c_accelerator_local_sgd_begin_with(acc, model, options) bind(c, &
      name="accelerator_local_sgd_begin_with")
      import
      type(c_ptr), value :: acc, model
      type(accelerator_local_sgd_options), intent(in) :: options
      type(accelerator_local_sgd_block) :: c_accelerator_local_sgd_begin_with
    end function

    function c_accelerator_local_sgd_options_default() bind(c, name="accelerator_local_sgd_options_default")
      import
      type(accelerator_local_sgd_options) :: c_accelerator_local_sgd_options_default
    end function

    subroutine c_accelerator_local_sgd_end(block) bind(c, name="accelerator_local_sgd_end")
      import
      type(accelerator_local_sgd_block), intent(inout) :: block
    end subroutine

    function c_accelerator_local_sgd_step(acc, model) bind(c, name="accelerator_local_sgd_step")
      import
      type(c_ptr), value :: acc, model
      integer(c_int) :: c_accelerator_local_sgd_step
    end function

    subroutine c_accel_log_set_callback(callback, user) bind(c, name="accel_log_set_callback")
      import
      type(c_funptr), value :: callback
      type(c_ptr), value :: user
    end subroutine

    subroutine c_accel_log_line(level, text) bind(c, name="accel_fortran_accel_log_line")
      import
      integer(c_int), value :: level
      character(kind=c_char), intent(in) :: text(*)
    end subroutine

    subroutine c_accel_log_local_main_line(level, text) bind(c, &
      name="accel_fortran_accel_log_local_main_line")
      import
      integer(c_int), value :: level
      character(kind=c_char), intent(in) :: text(*)
    end subroutine

    function c_accelerator_log_line(acc, level, text) bind(c, name="accel_fortran_accelerator_log_line")
      import
      type(c_ptr), value :: acc
      integer(c_int), value :: level
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int) :: c_accelerator_log_line
    end function

    function c_accelerator_log_line_all(acc, level, text) bind(c, &
      name="accel_fortran_accelerator_log_line_all")
      import
      type(c_ptr), value :: acc
      integer(c_int), value :: level
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int) :: c_accelerator_log_line_all
    end function

    function c_accelerator_log_line_in_order(acc, level, text) bind(c, &
      name="accel_fortran_accelerator_log_line_in_order")
      import
      type(c_ptr), value :: acc
      integer(c_int), value :: level
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int) :: c_accelerator_log_line_in_order
    end function

    function c_accelerator_warning_once(acc, text) bind(c, name="accel_fortran_accelerator_warning_once")
      import
      type(c_ptr), value :: acc
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int) :: c_accelerator_warning_once
    end function

    function c_accel_cross_entropy_with(logits, target, options) bind(c, name="accel_cross_entropy_with")
      import
      type(c_ptr), value :: logits, target
      type(accel_cross_entropy_options), intent(in) :: options
      type(c_ptr) :: c_accel_cross_entropy_with
    end function

    function c_accel_cross_entropy_options_default() bind(c, name="accel_cross_entropy_options_default")
      import
      type(accel_cross_entropy_options) :: c_accel_cross_entropy_options_default
    end function

    function c_accel_mse_loss_with(input, target, options) bind(c, name="accel_mse_loss_with")
      import
      type(c_ptr), value :: input, target
      type(accel_mse_loss_options), intent(in) :: options
      type(c_ptr) :: c_accel_mse_loss_with
    end function

    function c_accel_mse_loss_options_default() bind(c, name="accel_mse_loss_options_default")
      import
      type(accel_mse_loss_options) :: c_accel_mse_loss_options_default
    end function

    function c_accelerator_free_memory(acc) bind(c, name="accelerator_free_memory")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_free_memory
    end function

    function c_accelerator_batch_size_search_begin_with(acc, starting_batch_size, options) bind(c, &
      name="accelerator_batch_size_search_begin_with")
      import
      type(c_ptr), value :: acc
      integer(c_int64_t), value :: starting_batch_size
      type(accelerator_batch_size_options), intent(in) :: options
      type(accelerator_batch_size_search) :: c_accelerator_batch_size_search_begin_with
    end function

    function c_accelerator_batch_size_options_default() bind(c, name="accelerator_batch_size_options_default")
      import
      type(accelerator_batch_size_options) :: c_accelerator_batch_size_options_default
    end function

    function c_accelerator_batch_size_search_next(search) bind(c, name="accelerator_batch_size_search_next")
      import
      type(accelerator_batch_size_search), intent(inout) :: search
      logical(c_bool) :: c_accelerator_batch_size_search_next
    end function

    subroutine c_accelerator_batch_size_search_end(search) bind(c, name="accelerator_batch_size_search_end")
      import
      type(accelerator_batch_size_search), intent(inout) :: search
    end subroutine

    function c_accel_model_from_pretrained_with(folder, options) bind(c, &
      name="accel_model_from_pretrained_with")
      import
      character(kind=c_char), intent(in) :: folder(*)
      type(accel_model_options), intent(in) :: options
      type(c_ptr) :: c_accel_model_from_pretrained_with
    end function

    function c_accel_model_options_default() bind(c, name="accel_model_options_default")
      import
      type(accel_model_options) :: c_accel_model_options_default
    end function

    function c_accel_model_save_pretrained_with(model, folder, options) bind(c, &
      name="accel_model_save_pretrained_with")
      import
      type(c_ptr), value :: model
      character(kind=c_char), intent(in) :: folder(*)
      type(accel_save_state_dict_options), intent(in) :: options
      integer(c_int) :: c_accel_model_save_pretrained_with
    end function

    function c_accelerator_save_pretrained_with(acc, model, folder, options) bind(c, &
      name="accelerator_save_pretrained_with")
      import
      type(c_ptr), value :: acc, model
      character(kind=c_char), intent(in) :: folder(*)
      type(accel_save_state_dict_options), intent(in) :: options
      integer(c_int) :: c_accelerator_save_pretrained_with
    end function

    function c_accel_text_dataset_with(tokenizer, table, rows, count, options) bind(c, &
      name="accel_text_dataset_with")
      import
      type(c_ptr), value :: tokenizer, table
      type(accel_labelled_row), intent(in) :: rows(*)
      integer(c_size_t), value :: count
      type(accel_text_dataset_options), intent(in) :: options
      type(c_ptr) :: c_accel_text_dataset_with
    end function

    function c_accel_text_dataset_options_default() bind(c, name="accel_text_dataset_options_default")
      import
      type(accel_text_dataset_options) :: c_accel_text_dataset_options_default
    end function

    function c_accel_module_create_with(options) bind(c, name="accel_module_create_with")
      import
      type(accel_module_options), intent(in) :: options
      type(c_ptr) :: c_accel_module_create_with
    end function

    function c_accel_module_options_default() bind(c, name="accel_module_options_default")
      import
      type(accel_module_options) :: c_accel_module_options_default
    end function

    function c_accel_module_type(module) bind(c, name="accel_module_type")
      import
      type(c_ptr), value :: module
      type(c_ptr) :: c_accel_module_type
    end function

    function c_accel_module_user(module) bind(c, name="accel_module_user")
      import
      type(c_ptr), value :: module
      type(c_ptr) :: c_accel_module_user
    end function

    function c_accel_module_add(parent, name, child) bind(c, name="accel_module_add")
      import
      type(c_ptr), value :: parent, child
      character(kind=c_char), intent(in) :: name(*)
      type(c_ptr) :: c_accel_module_add
    end function

    function c_accel_module_add_parameter(module, name, tensor) bind(c, name="accel_module_add_parameter")
      import
      type(c_ptr), value :: module, tensor
      character(kind=c_char), intent(in) :: name(*)
      type(c_ptr) :: c_accel_module_add_parameter
    end function

    function c_accel_module_add_buffer(module, name, tensor, persistent) bind(c, &
      name="accel_module_add_buffer")
      import
      type(c_ptr), value :: module, tensor
      character(kind=c_char), intent(in) :: name(*)
      logical(c_bool), value :: persistent
      type(c_ptr) :: c_accel_module_add_buffer
    end function

    function c_accel_module_child(module, name) bind(c, name="accel_module_child")
      import
      type(c_ptr), value :: module
      character(kind=c_char), intent(in) :: name(*)
      type(c_ptr) :: c_accel_module_child
    end function

    function c_accel_module_tensor(module, name) bind(c, name="accel_module_tensor")
      import
      type(c_ptr), value :: module
      character(kind=c_char), intent(in) :: name(*)
      type(c_ptr) :: c_accel_module_tensor
    end function

    function c_accel_module_parameters(module) bind(c, name="accel_module_parameters")
      import
      type(c_ptr), value :: module
      type(c_ptr) :: c_accel_module_parameters
    end function

    function c_accel_module_buffers(module) bind(c, name="accel_module_buffers")
      import
      type(c_ptr), value :: module
      type(c_ptr) :: c_accel_module_buffers
    end function

    function c_accel_module_parameter_count(module) bind(c, name="accel_module_parameter_count")
      import
      type(c_ptr), value :: module
      integer(c_int64_t) :: c_accel_module_parameter_count
    end function

    function c_accel_state_dict(module) bind(c, name="accel_state_dict")
      import
      type(c_ptr), value :: module
      type(c_ptr) :: c_accel_state_dict
    end function

    function c_accel_load_state_dict_with(module, dict, options) bind(c, name="accel_load_state_dict_with")
      import
      type(c_ptr), value :: module, dict
      type(accel_load_state_dict_options), intent(in) :: options
      integer(c_int) :: c_accel_load_state_dict_with
    end function

    function c_accel_load_state_dict_options_default() bind(c, name="accel_load_state_dict_options_default")
      import
      type(accel_load_state_dict_options) :: c_accel_load_state_dict_options_default
    end function

    function c_accel_module_to_device(module, device) bind(c, name="accel_module_to_device")
      import
      type(c_ptr), value :: module
      type(accel_device), value :: device
      integer(c_int) :: c_accel_module_to_device
    end function

    function c_accel_module_to_dtype(module, dtype) bind(c, name="accel_module_to_dtype")
      import
      type(c_ptr), value :: module
      integer(c_int), value :: dtype
      integer(c_int) :: c_accel_module_to_dtype
    end function

    function c_accel_train(module) bind(c, name="accel_train")
      import
      type(c_ptr), value :: module
      integer(c_int) :: c_accel_train
    end function

    function c_accel_eval(module) bind(c, name="accel_eval")
      import
      type(c_ptr), value :: module
      integer(c_int) :: c_accel_eval
    end function

    function c_accel_is_training(module) bind(c, name="accel_is_training")
      import
      type(c_ptr), value :: module
      logical(c_bool) :: c_accel_is_training
    end function

    function c_accel_forward_tensor(module, input) bind(c, name="accel_forward_tensor")
      import
      type(c_ptr), value :: module, input
      type(c_ptr) :: c_accel_forward_tensor
    end function

    function c_accel_forward_dict(module, inputs) bind(c, name="accel_forward_dict")
      import
      type(c_ptr), value :: module, inputs
      type(c_ptr) :: c_accel_forward_dict
    end function

    function c_accel_no_init_begin() bind(c, name="accel_no_init_begin")
      import
      type(accel_no_init_block) :: c_accel_no_init_begin
    end function

    subroutine c_accel_no_init_end(block) bind(c, name="accel_no_init_end")
      import
      type(accel_no_init_block), intent(inout) :: block
    end subroutine

    function c_accel_npy_load(path) bind(c, name="accel_npy_load")
      import
      character(kind=c_char), intent(in) :: path(*)
      type(c_ptr) :: c_accel_npy_load
    end function

    function c_accel_use_deterministic_algorithms(enabled) bind(c, name="accel_use_deterministic_algorithms")
      import
      logical(c_bool), value :: enabled
      integer(c_int) :: c_accel_use_deterministic_algorithms
    end function

    function c_accel_deterministic_algorithms() bind(c, name="accel_deterministic_algorithms")
      import
      logical(c_bool) :: c_accel_deterministic_algorithms
    end function

    function c_accel_set_float32_matmul_precision(precision) bind(c, &
      name="accel_set_float32_matmul_precision")
      import
      character(kind=c_char), intent(in) :: precision(*)
      integer(c_int) :: c_accel_set_float32_matmul_precision
    end function

    function c_accel_float32_matmul_precision() bind(c, name="accel_float32_matmul_precision")
      import
      type(c_ptr) :: c_accel_float32_matmul_precision
    end function

    function c_accel_op_call(name, arguments, count) bind(c, name="accel_op_call")
      import
      character(kind=c_char), intent(in) :: name(*)
      type(accel_value), intent(in) :: arguments(*)
      integer(c_size_t), value :: count
      type(c_ptr) :: c_accel_op_call
    end function

    function c_accel_op_call_into(outs, outs_count, name, arguments, count) bind(c, name="accel_op_call_into")
      import
      type(c_ptr), intent(out) :: outs(*)
      integer(c_size_t), value :: outs_count, count
      character(kind=c_char), intent(in) :: name(*)
      type(accel_value), intent(in) :: arguments(*)
      integer(c_int) :: c_accel_op_call_into
    end function

    function c_accel_add(a, b) bind(c, name="accel_add")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_add
    end function

    function c_accel_sub(a, b) bind(c, name="accel_sub")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_sub
    end function

    function c_accel_mul(a, b) bind(c, name="accel_mul")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_mul
    end function

    function c_accel_div(a, b) bind(c, name="accel_div")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_div
    end function

    function c_accel_add_scalar(x, value) bind(c, name="accel_add_scalar")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_add_scalar
    end function

    function c_accel_sub_scalar(x, value) bind(c, name="accel_sub_scalar")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_sub_scalar
    end function

    function c_accel_mul_scalar(x, value) bind(c, name="accel_mul_scalar")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_mul_scalar
    end function

    function c_accel_div_scalar(x, value) bind(c, name="accel_div_scalar")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_div_scalar
    end function

    function c_accel_pow_scalar(x, exponent) bind(c, name="accel_pow_scalar")
      import
      type(c_ptr), value :: x
      real(c_double), value :: exponent
      type(c_ptr) :: c_accel_pow_scalar
    end function

    function c_accel_neg(x) bind(c, name="accel_neg")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_neg
    end function

    function c_accel_abs(x) bind(c, name="accel_abs")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_abs
    end function

    function c_accel_square(x) bind(c, name="accel_square")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_square
    end function

    function c_accel_sqrt(x) bind(c, name="accel_sqrt")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_sqrt
    end function

    function c_accel_rsqrt(x) bind(c, name="accel_rsqrt")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_rsqrt
    end function

    function c_accel_exp(x) bind(c, name="accel_exp")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_exp
    end function

    function c_accel_log(x) bind(c, name="accel_log")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_log
    end function

    function c_accel_sin(x) bind(c, name="accel_sin")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_sin
    end function

    function c_accel_cos(x) bind(c, name="accel_cos")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_cos
    end function

    function c_accel_clamp(x, min, max) bind(c, name="accel_clamp")
      import
      type(c_ptr), value :: x
      real(c_double), value :: min, max
      type(c_ptr) :: c_accel_clamp
    end function

    function c_accel_maximum(a, b) bind(c, name="accel_maximum")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_maximum
    end function

    function c_accel_minimum(a, b) bind(c, name="accel_minimum")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_minimum
    end function

    function c_accel_relu(x) bind(c, name="accel_relu")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_relu
    end function

    function c_accel_gelu(x) bind(c, name="accel_gelu")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_gelu
    end function

    function c_accel_silu(x) bind(c, name="accel_silu")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_silu
    end function

    function c_accel_sigmoid(x) bind(c, name="accel_sigmoid")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_sigmoid
    end function

    function c_accel_tanh(x) bind(c, name="accel_tanh")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_tanh
    end function

    function c_accel_softmax(x, dim) bind(c, name="accel_softmax")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), value :: dim
      type(c_ptr) :: c_accel_softmax
    end function

    function c_accel_log_softmax(x, dim) bind(c, name="accel_log_softmax")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), value :: dim
      type(c_ptr) :: c_accel_log_softmax
    end function

    function c_accel_eq(a, b) bind(c, name="accel_eq")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_eq
    end function

    function c_accel_ne(a, b) bind(c, name="accel_ne")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_ne
    end function

    function c_accel_lt(a, b) bind(c, name="accel_lt")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_lt
    end function

    function c_accel_gt(a, b) bind(c, name="accel_gt")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_gt
    end function

    function c_accel_eq_scalar(x, value) bind(c, name="accel_eq_scalar")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_eq_scalar
    end function

    function c_accel_ne_scalar(x, value) bind(c, name="accel_ne_scalar")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_ne_scalar
    end function

    function c_accel_lt_scalar(x, value) bind(c, name="accel_lt_scalar")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_lt_scalar
    end function

    function c_accel_gt_scalar(x, value) bind(c, name="accel_gt_scalar")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_gt_scalar
    end function

    function c_accel_logical_not(x) bind(c, name="accel_logical_not")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_logical_not
    end function

    function c_accel_logical_and(a, b) bind(c, name="accel_logical_and")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_logical_and
    end function

    function c_accel_isfinite(x) bind(c, name="accel_isfinite")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_isfinite
    end function

    function c_accel_all(x) bind(c, name="accel_all")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_all
    end function

    function c_accel_any(x) bind(c, name="accel_any")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_any
    end function

    function c_accel_where(condition, a, b) bind(c, name="accel_where")
      import
      type(c_ptr), value :: condition, a, b
      type(c_ptr) :: c_accel_where
    end function

    function c_accel_masked_fill(x, mask, value) bind(c, name="accel_masked_fill")
      import
      type(c_ptr), value :: x, mask
      real(c_double), value :: value
      type(c_ptr) :: c_accel_masked_fill
    end function

    function c_accel_sum(x) bind(c, name="accel_sum")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_sum
    end function

    function c_accel_mean(x) bind(c, name="accel_mean")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_mean
    end function

    function c_accel_max(x) bind(c, name="accel_max")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_max
    end function

    function c_accel_min(x) bind(c, name="accel_min")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_min
    end function

    function c_accel_sum_dims(x, dims, dims_count, keepdim) bind(c, name="accel_sum_dims")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), intent(in) :: dims(*)
      integer(c_size_t), value :: dims_count
      logical(c_bool), value :: keepdim
      type(c_ptr) :: c_accel_sum_dims
    end function

    function c_accel_mean_dims(x, dims, dims_count, keepdim) bind(c, name="accel_mean_dims")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), intent(in) :: dims(*)
      integer(c_size_t), value :: dims_count
      logical(c_bool), value :: keepdim
      type(c_ptr) :: c_accel_mean_dims
    end function

    function c_accel_argmax(x, dim, keepdim) bind(c, name="accel_argmax")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), value :: dim
      logical(c_bool), value :: keepdim
      type(c_ptr) :: c_accel_argmax
    end function

    function c_accel_vector_norm(x, order) bind(c, name="accel_vector_norm")
      import
      type(c_ptr), value :: x
      real(c_double), value :: order
      type(c_ptr) :: c_accel_vector_norm
    end function

    function c_accel_matmul(a, b) bind(c, name="accel_matmul")
      import
      type(c_ptr), value :: a, b
      type(c_ptr) :: c_accel_matmul
    end function

    function c_accel_functional_linear(x, weight, bias) bind(c, name="accel_functional_linear")
      import
      type(c_ptr), value :: x, weight, bias
      type(c_ptr) :: c_accel_functional_linear
    end function

    function c_accel_reshape(x, sizes, sizes_count) bind(c, name="accel_reshape")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: sizes_count
      type(c_ptr) :: c_accel_reshape
    end function

    function c_accel_view(x, sizes, sizes_count) bind(c, name="accel_view")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: sizes_count
      type(c_ptr) :: c_accel_view
    end function

    function c_accel_transpose(x, dim0, dim1) bind(c, name="accel_transpose")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), value :: dim0, dim1
      type(c_ptr) :: c_accel_transpose
    end function

    function c_accel_permute(x, dims, dims_count) bind(c, name="accel_permute")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), intent(in) :: dims(*)
      integer(c_size_t), value :: dims_count
      type(c_ptr) :: c_accel_permute
    end function

    function c_accel_unsqueeze(x, dim) bind(c, name="accel_unsqueeze")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), value :: dim
      type(c_ptr) :: c_accel_unsqueeze
    end function

    function c_accel_squeeze(x, dim) bind(c, name="accel_squeeze")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), value :: dim
      type(c_ptr) :: c_accel_squeeze
    end function

    function c_accel_flatten(x, start_dim, end_dim) bind(c, name="accel_flatten")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), value :: start_dim, end_dim
      type(c_ptr) :: c_accel_flatten
    end function

    function c_accel_expand(x, sizes, sizes_count) bind(c, name="accel_expand")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: sizes_count
      type(c_ptr) :: c_accel_expand
    end function

    function c_accel_contiguous(x) bind(c, name="accel_contiguous")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_contiguous
    end function

    function c_accel_select(x, dim, index) bind(c, name="accel_select")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), value :: dim, index
      type(c_ptr) :: c_accel_select
    end function

    function c_accel_narrow(x, dim, start, length) bind(c, name="accel_narrow")
      import
      type(c_ptr), value :: x
      integer(c_int64_t), value :: dim, start, length
      type(c_ptr) :: c_accel_narrow
    end function

    function c_accel_cat(list, list_count, dim) bind(c, name="accel_cat")
      import
      type(c_ptr), intent(in) :: list(*)
      integer(c_size_t), value :: list_count
      integer(c_int64_t), value :: dim
      type(c_ptr) :: c_accel_cat
    end function

    function c_accel_stack(list, list_count, dim) bind(c, name="accel_stack")
      import
      type(c_ptr), intent(in) :: list(*)
      integer(c_size_t), value :: list_count
      integer(c_int64_t), value :: dim
      type(c_ptr) :: c_accel_stack
    end function

    function c_accel_index_select(x, dim, index) bind(c, name="accel_index_select")
      import
      type(c_ptr), value :: x, index
      integer(c_int64_t), value :: dim
      type(c_ptr) :: c_accel_index_select
    end function

    function c_accel_gather(x, dim, index) bind(c, name="accel_gather")
      import
      type(c_ptr), value :: x, index
      integer(c_int64_t), value :: dim
      type(c_ptr) :: c_accel_gather
    end function

    function c_accel_clone(x) bind(c, name="accel_clone")
      import
      type(c_ptr), value :: x
      type(c_ptr) :: c_accel_clone
    end function

    function c_accel_to_dtype(x, dtype) bind(c, name="accel_to_dtype")
      import
      type(c_ptr), value :: x
      integer(c_int), value :: dtype
      type(c_ptr) :: c_accel_to_dtype
    end function

    function c_accel_functional_embedding(weight, indices, padding_idx) bind(c, &
      name="accel_functional_embedding")
      import
      type(c_ptr), value :: weight, indices
      integer(c_int64_t), value :: padding_idx
      type(c_ptr) :: c_accel_functional_embedding
    end function

    function c_accel_functional_layer_norm(x, normalized_shape, normalized_shape_count, weight, bias, &
      eps) bind(c, name="accel_functional_layer_norm")
      import
      type(c_ptr), value :: x, weight, bias
      integer(c_int64_t), intent(in) :: normalized_shape(*)
      integer(c_size_t), value :: normalized_shape_count
      real(c_double), value :: eps
      type(c_ptr) :: c_accel_functional_layer_norm
    end function

    function c_accel_functional_dropout(x, p, training) bind(c, name="accel_functional_dropout")
      import
      type(c_ptr), value :: x
      real(c_double), value :: p
      logical(c_bool), value :: training
      type(c_ptr) :: c_accel_functional_dropout
    end function

    function c_accel_add_in_place(x, other) bind(c, name="accel_add_in_place")
      import
      type(c_ptr), value :: x, other
      type(c_ptr) :: c_accel_add_in_place
    end function

    function c_accel_mul_scalar_in_place(x, value) bind(c, name="accel_mul_scalar_in_place")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_mul_scalar_in_place
    end function

    function c_accel_fill_in_place(x, value) bind(c, name="accel_fill_in_place")
      import
      type(c_ptr), value :: x
      real(c_double), value :: value
      type(c_ptr) :: c_accel_fill_in_place
    end function

    function c_accel_adam_with(model, options) bind(c, name="accel_adam_with")
      import
      type(c_ptr), value :: model
      type(accel_adam_options), intent(in) :: options
      type(c_ptr) :: c_accel_adam_with
    end function

    function c_accel_adam_options_default() bind(c, name="accel_adam_options_default")
      import
      type(accel_adam_options) :: c_accel_adam_options_default
    end function

    function c_accel_adamw_with(model, options) bind(c, name="accel_adamw_with")
      import
      type(c_ptr), value :: model
      type(accel_adam_options), intent(in) :: options
      type(c_ptr) :: c_accel_adamw_with
    end function

    function c_accel_adamw_options_default() bind(c, name="accel_adamw_options_default")
      import
      type(accel_adam_options) :: c_accel_adamw_options_default
    end function

    function c_accel_sgd_with(model, options) bind(c, name="accel_sgd_with")
      import
      type(c_ptr), value :: model
      type(accel_sgd_options), intent(in) :: options
      type(c_ptr) :: c_accel_sgd_with
    end function

    function c_accel_sgd_options_default() bind(c, name="accel_sgd_options_default")
      import
      type(accel_sgd_options) :: c_accel_sgd_options_default
    end function

    function c_accel_optimizer_add_group_with(optimizer, parameters, options) bind(c, &
      name="accel_optimizer_add_group_with")
      import
      type(c_ptr), value :: optimizer, parameters
      type(accel_group_options), intent(in) :: options
      integer(c_int) :: c_accel_optimizer_add_group_with
    end function

    function c_accel_group_options_default() bind(c, name="accel_group_options_default")
      import
      type(accel_group_options) :: c_accel_group_options_default
    end function

    function c_accel_optimizer_step(optimizer) bind(c, name="accel_optimizer_step")
      import
      type(c_ptr), value :: optimizer
      integer(c_int) :: c_accel_optimizer_step
    end function

    function c_accel_optimizer_zero_grad(optimizer) bind(c, name="accel_optimizer_zero_grad")
      import
      type(c_ptr), value :: optimizer
      integer(c_int) :: c_accel_optimizer_zero_grad
    end function

    function c_accel_optimizer_group_count(optimizer) bind(c, name="accel_optimizer_group_count")
      import
      type(c_ptr), value :: optimizer
      integer(c_size_t) :: c_accel_optimizer_group_count
    end function

    function c_accel_optimizer_lr(optimizer, group) bind(c, name="accel_optimizer_lr")
      import
      type(c_ptr), value :: optimizer
      integer(c_size_t), value :: group
      real(c_double) :: c_accel_optimizer_lr
    end function

    function c_accel_optimizer_set_lr(optimizer, group, lr) bind(c, name="accel_optimizer_set_lr")
      import
      type(c_ptr), value :: optimizer
      integer(c_size_t), value :: group
      real(c_double), value :: lr
      integer(c_int) :: c_accel_optimizer_set_lr
    end function

    function c_accel_optimizer_state_dict(optimizer) bind(c, name="accel_optimizer_state_dict")
      import
      type(c_ptr), value :: optimizer
      type(c_ptr) :: c_accel_optimizer_state_dict
    end function

    function c_accel_optimizer_load_state_dict(optimizer, state) bind(c, &
      name="accel_optimizer_load_state_dict")
      import
      type(c_ptr), value :: optimizer, state
      integer(c_int) :: c_accel_optimizer_load_state_dict
    end function

    function c_accel_options_read(call, options, size, given) bind(c, name="accel_options_read")
      import
      character(kind=c_char), intent(in) :: call(*)
      type(c_ptr), value :: options, given
      integer(c_size_t), value :: size
      integer(c_int) :: c_accel_options_read
    end function

    function c_accel_mixed_precision_name(precision) bind(c, name="accel_mixed_precision_name")
      import
      integer(c_int), value :: precision
      type(c_ptr) :: c_accel_mixed_precision_name
    end function

    function c_accel_mixed_precision_find(name, precision) bind(c, name="accel_mixed_precision_find")
      import
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int), intent(out) :: precision
      logical(c_bool) :: c_accel_mixed_precision_find
    end function

    function c_accel_grad_scaler_options_default() bind(c, name="accel_grad_scaler_options_default")
      import
      type(accel_grad_scaler_options) :: c_accel_grad_scaler_options_default
    end function

    function c_accelerator_watch_preemption(acc) bind(c, name="accelerator_watch_preemption")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_watch_preemption
    end function

    function c_accelerator_check_preemption(acc) bind(c, name="accelerator_check_preemption")
      import
      type(c_ptr), value :: acc
      logical(c_bool) :: c_accelerator_check_preemption
    end function

    function c_accelerator_is_last_process(acc) bind(c, name="accelerator_is_last_process")
      import
      type(c_ptr), value :: acc
      logical(c_bool) :: c_accelerator_is_last_process
    end function

    function c_accelerator_is_process(acc, index) bind(c, name="accelerator_is_process")
      import
      type(c_ptr), value :: acc
      integer(c_int), value :: index
      logical(c_bool) :: c_accelerator_is_process
    end function

    function c_accelerator_is_local_process(acc, index) bind(c, name="accelerator_is_local_process")
      import
      type(c_ptr), value :: acc
      integer(c_int), value :: index
      logical(c_bool) :: c_accelerator_is_local_process
    end function

    function c_accelerator_call_on_main_process(acc, function, user) bind(c, &
      name="accelerator_call_on_main_process")
      import
      type(c_ptr), value :: acc, user
      type(c_funptr), value :: function
      integer(c_int) :: c_accelerator_call_on_main_process
    end function

    function c_accelerator_call_on_local_main_process(acc, function, user) bind(c, &
      name="accelerator_call_on_local_main_process")
      import
      type(c_ptr), value :: acc, user
      type(c_funptr), value :: function
      integer(c_int) :: c_accelerator_call_on_local_main_process
    end function

    function c_accelerator_call_on_last_process(acc, function, user) bind(c, &
      name="accelerator_call_on_last_process")
      import
      type(c_ptr), value :: acc, user
      type(c_funptr), value :: function
      integer(c_int) :: c_accelerator_call_on_last_process
    end function

    function c_accelerator_call_on_process(acc, index, function, user) bind(c, &
      name="accelerator_call_on_process")
      import
      type(c_ptr), value :: acc, user
      integer(c_int), value :: index
      type(c_funptr), value :: function
      integer(c_int) :: c_accelerator_call_on_process
    end function

    function c_accelerator_call_on_local_process(acc, index, function, user) bind(c, &
      name="accelerator_call_on_local_process")
      import
      type(c_ptr), value :: acc, user
      integer(c_int), value :: index
      type(c_funptr), value :: function
      integer(c_int) :: c_accelerator_call_on_local_process
    end function

    function c_accelerator_main_process_first_begin(acc) bind(c, name="accelerator_main_process_first_begin")
      import
      type(c_ptr), value :: acc
      type(accelerator_first_block) :: c_accelerator_main_process_first_begin
    end function

    function c_accelerator_local_main_process_first_begin(acc) bind(c, &
      name="accelerator_local_main_process_first_begin")
      import
      type(c_ptr), value :: acc
      type(accelerator_first_block) :: c_accelerator_local_main_process_first_begin
    end function

    subroutine c_accelerator_process_first_end(block) bind(c, name="accelerator_process_first_end")
      import
      type(accelerator_first_block), intent(inout) :: block
    end subroutine

    function c_accelerator_split_range(acc, count, begin, end) bind(c, name="accelerator_split_range")
      import
      type(c_ptr), value :: acc
      integer(c_int64_t), value :: count
      integer(c_int64_t), intent(out) :: begin, end
      integer(c_int) :: c_accelerator_split_range
    end function

    function c_accelerator_split_tensor_with(acc, tensor, options) bind(c, &
      name="accelerator_split_tensor_with")
      import
      type(c_ptr), value :: acc, tensor
      type(accelerator_split_options), intent(in) :: options
      type(c_ptr) :: c_accelerator_split_tensor_with
    end function

    function c_accelerator_split_dict_with(acc, dict, options) bind(c, name="accelerator_split_dict_with")
      import
      type(c_ptr), value :: acc, dict
      type(accelerator_split_options), intent(in) :: options
      type(c_ptr) :: c_accelerator_split_dict_with
    end function

    function c_accelerator_split_options_default() bind(c, name="accelerator_split_options_default")
      import
      type(accelerator_split_options) :: c_accelerator_split_options_default
    end function

    function c_accelerator_set_trigger(acc) bind(c, name="accelerator_set_trigger")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_set_trigger
    end function

    function c_accelerator_check_trigger(acc) bind(c, name="accelerator_check_trigger")
      import
      type(c_ptr), value :: acc
      logical(c_bool) :: c_accelerator_check_trigger
    end function

    function c_accelerator_profile_begin_with(acc, options) bind(c, name="accelerator_profile_begin_with")
      import
      type(c_ptr), value :: acc
      type(accelerator_profile_options), intent(in) :: options
      type(accelerator_profile_block) :: c_accelerator_profile_begin_with
    end function

    function c_accelerator_profile_options_default() bind(c, name="accelerator_profile_options_default")
      import
      type(accelerator_profile_options) :: c_accelerator_profile_options_default
    end function

    subroutine c_accelerator_profile_end(block) bind(c, name="accelerator_profile_end")
      import
      type(accelerator_profile_block), intent(inout) :: block
    end subroutine

    function c_accelerator_profile_step(acc) bind(c, name="accelerator_profile_step")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_profile_step
    end function

    function c_accelerator_profile_print(acc, rows) bind(c, name="accel_fortran_accelerator_profile_print")
      import
      type(c_ptr), value :: acc
      integer(c_int), value :: rows
      integer(c_int) :: c_accelerator_profile_print
    end function

    function c_accel_progress_create_with(total, description, options) bind(c, &
      name="accel_progress_create_with")
      import
      integer(c_int64_t), value :: total
      type(c_ptr), value :: description
      type(accel_progress_options), intent(in) :: options
      type(c_ptr) :: c_accel_progress_create_with
    end function

    function c_accel_progress_options_default() bind(c, name="accel_progress_options_default")
      import
      type(accel_progress_options) :: c_accel_progress_options_default
    end function

    function c_accel_progress_advance(bar, n) bind(c, name="accel_progress_advance")
      import
      type(c_ptr), value :: bar
      integer(c_int64_t), value :: n
      integer(c_int) :: c_accel_progress_advance
    end function

    function c_accel_progress_set_postfix(bar, text) bind(c, name="accel_fortran_accel_progress_set_postfix")
      import
      type(c_ptr), value :: bar
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int) :: c_accel_progress_set_postfix
    end function

    function c_accel_progress_set_description(bar, text) bind(c, &
      name="accel_fortran_accel_progress_set_description")
      import
      type(c_ptr), value :: bar
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int) :: c_accel_progress_set_description
    end function

    function c_accel_progress_close(bar) bind(c, name="accel_progress_close")
      import
      type(c_ptr), value :: bar
      integer(c_int) :: c_accel_progress_close
    end function

    function c_accel_set_seed(seed) bind(c, name="accel_set_seed")
      import
      integer(c_int64_t), value :: seed
      integer(c_int) :: c_accel_set_seed
    end function

    function c_accel_generator_create(seed) bind(c, name="accel_generator_create")
      import
      integer(c_int64_t), value :: seed
      type(c_ptr) :: c_accel_generator_create
    end function

    function c_accel_generator_create_on(device, seed) bind(c, name="accel_generator_create_on")
      import
      type(accel_device), value :: device
      integer(c_int64_t), value :: seed
      type(c_ptr) :: c_accel_generator_create_on
    end function

    function c_accel_generator_default() bind(c, name="accel_generator_default")
      import
      type(c_ptr) :: c_accel_generator_default
    end function

    function c_accel_generator_of_device(device) bind(c, name="accel_generator_of_device")
      import
      type(accel_device), value :: device
      type(c_ptr) :: c_accel_generator_of_device
    end function

    function c_accel_generator_seed(generator, seed) bind(c, name="accel_generator_seed")
      import
      type(c_ptr), value :: generator
      integer(c_int64_t), value :: seed
      integer(c_int) :: c_accel_generator_seed
    end function

    function c_accel_generator_initial_seed(generator) bind(c, name="accel_generator_initial_seed")
      import
      type(c_ptr), value :: generator
      integer(c_int64_t) :: c_accel_generator_initial_seed
    end function

    function c_accel_generator_state(generator) bind(c, name="accel_generator_state")
      import
      type(c_ptr), value :: generator
      type(c_ptr) :: c_accel_generator_state
    end function

    function c_accel_generator_set_state(generator, state) bind(c, name="accel_generator_set_state")
      import
      type(c_ptr), value :: generator, state
      integer(c_int) :: c_accel_generator_set_state
    end function

    function c_accel_generator_draw(generator) bind(c, name="accel_generator_draw")
      import
      type(c_ptr), value :: generator
      integer(c_int64_t) :: c_accel_generator_draw
    end function

    function c_accel_rand(generator, sizes, rank) bind(c, name="accel_rand")
      import
      type(c_ptr), value :: generator
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_rand
    end function

    function c_accel_randn(generator, sizes, rank) bind(c, name="accel_randn")
      import
      type(c_ptr), value :: generator
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_randn
    end function

    function c_accel_randperm(generator, n) bind(c, name="accel_randperm")
      import
      type(c_ptr), value :: generator
      integer(c_int64_t), value :: n
      type(c_ptr) :: c_accel_randperm
    end function

    function c_accel_fill_uniform(tensor, from, to, generator) bind(c, name="accel_fill_uniform")
      import
      type(c_ptr), value :: tensor, generator
      real(c_double), value :: from, to
      integer(c_int) :: c_accel_fill_uniform
    end function

    function c_accel_fill_normal(tensor, mean, std, generator) bind(c, name="accel_fill_normal")
      import
      type(c_ptr), value :: tensor, generator
      real(c_double), value :: mean, std
      integer(c_int) :: c_accel_fill_normal
    end function

    function c_accel_record_has(record, name) bind(c, name="accel_record_has")
      import
      type(c_ptr), value :: record
      character(kind=c_char), intent(in) :: name(*)
      logical(c_bool) :: c_accel_record_has
    end function

    function c_accel_record_text(record, name, size) bind(c, name="accel_record_text")
      import
      type(c_ptr), value :: record
      character(kind=c_char), intent(in) :: name(*)
      integer(c_size_t), intent(out) :: size
      type(c_ptr) :: c_accel_record_text
    end function

    function c_accel_record_number(record, name) bind(c, name="accel_record_number")
      import
      type(c_ptr), value :: record
      character(kind=c_char), intent(in) :: name(*)
      real(c_double) :: c_accel_record_number
    end function

    function c_accel_record_integer(record, name) bind(c, name="accel_record_integer")
      import
      type(c_ptr), value :: record
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int64_t) :: c_accel_record_integer
    end function

    function c_accel_record_tensor(record, name, dtype) bind(c, name="accel_record_tensor")
      import
      type(c_ptr), value :: record
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int), value :: dtype
      type(c_ptr) :: c_accel_record_tensor
    end function

    function c_accel_record_path(record) bind(c, name="accel_record_path")
      import
      type(c_ptr), value :: record
      type(c_ptr) :: c_accel_record_path
    end function

    function c_accel_record_line(record) bind(c, name="accel_record_line")
      import
      type(c_ptr), value :: record
      integer(c_int64_t) :: c_accel_record_line
    end function

    function c_accel_record_dataset_with(path, options) bind(c, name="accel_record_dataset_with")
      import
      character(kind=c_char), intent(in) :: path(*)
      type(accel_record_dataset_options), intent(in) :: options
      type(c_ptr) :: c_accel_record_dataset_with
    end function

    function c_accel_record_dataset_options_default() bind(c, name="accel_record_dataset_options_default")
      import
      type(accel_record_dataset_options) :: c_accel_record_dataset_options_default
    end function

    function c_accel_record_dataset_skipped(dataset) bind(c, name="accel_record_dataset_skipped")
      import
      type(c_ptr), value :: dataset
      integer(c_int64_t) :: c_accel_record_dataset_skipped
    end function

    function c_accel_scheduler_create_with(name, optimizer, options) bind(c, &
      name="accel_scheduler_create_with")
      import
      character(kind=c_char), intent(in) :: name(*)
      type(c_ptr), value :: optimizer
      type(accel_scheduler_options), intent(in) :: options
      type(c_ptr) :: c_accel_scheduler_create_with
    end function

    function c_accel_scheduler_options_default() bind(c, name="accel_scheduler_options_default")
      import
      type(accel_scheduler_options) :: c_accel_scheduler_options_default
    end function

    function c_accel_scheduler_step(scheduler) bind(c, name="accel_scheduler_step")
      import
      type(c_ptr), value :: scheduler
      integer(c_int) :: c_accel_scheduler_step
    end function

    function c_accel_scheduler_step_with_metric(scheduler, metric) bind(c, &
      name="accel_scheduler_step_with_metric")
      import
      type(c_ptr), value :: scheduler
      real(c_double), value :: metric
      integer(c_int) :: c_accel_scheduler_step_with_metric
    end function

    function c_accel_scheduler_last_lr(scheduler, group) bind(c, name="accel_scheduler_last_lr")
      import
      type(c_ptr), value :: scheduler
      integer(c_size_t), value :: group
      real(c_double) :: c_accel_scheduler_last_lr
    end function

    function c_accel_scheduler_state_dict(scheduler) bind(c, name="accel_scheduler_state_dict")
      import
      type(c_ptr), value :: scheduler
      type(c_ptr) :: c_accel_scheduler_state_dict
    end function

    function c_accel_scheduler_load_state_dict(scheduler, state) bind(c, &
      name="accel_scheduler_load_state_dict")
      import
      type(c_ptr), value :: scheduler, state
      integer(c_int) :: c_accel_scheduler_load_state_dict
    end function

    function c_accel_scope_begin() bind(c, name="accel_scope_begin")
      import
      type(c_ptr) :: c_accel_scope_begin
    end function

    subroutine c_accel_scope_end(scope) bind(c, name="accel_scope_end")
      import
      type(c_ptr), value :: scope
    end subroutine

    function c_accel_scope_block_begin() bind(c, name="accel_scope_block_begin")
      import
      type(accel_scope_block) :: c_accel_scope_block_begin
    end function

    subroutine c_accel_scope_block_end(block) bind(c, name="accel_scope_block_end")
      import
      type(accel_scope_block), intent(inout) :: block
    end subroutine

    function c_accel_live_handles() bind(c, name="accel_live_handles")
      import
      integer(c_size_t) :: c_accel_live_handles
    end function

    function c_accel_keep_handle(handle) bind(c, name="accel_keep_handle")
      import
      type(c_ptr), value :: handle
      type(c_ptr) :: c_accel_keep_handle
    end function

    subroutine c_accel_free_handle(handle) bind(c, name="accel_free_handle")
      import
      type(c_ptr), value :: handle
    end subroutine

    function c_accel_retain_handle(handle) bind(c, name="accel_retain_handle")
      import
      type(c_ptr), value :: handle
      type(c_ptr) :: c_accel_retain_handle
    end function

    subroutine c_accel_release_handle(handle) bind(c, name="accel_release_handle")
      import
      type(c_ptr), value :: handle
    end subroutine

    function c_accelerator_spawn(function, user, num_processes) bind(c, name="accelerator_spawn")
      import
      type(c_funptr), value :: function
      type(c_ptr), value :: user
      integer(c_int), value :: num_processes
      integer(c_int) :: c_accelerator_spawn
    end function

    function c_accelerator_save_state_with(acc, folder, options) bind(c, name="accelerator_save_state_with")
      import
      type(c_ptr), value :: acc, folder
      type(accelerator_save_state_options), intent(in) :: options
      integer(c_int) :: c_accelerator_save_state_with
    end function

    function c_accelerator_save_state_options_default() bind(c, name="accelerator_save_state_options_default")
      import
      type(accelerator_save_state_options) :: c_accelerator_save_state_options_default
    end function

    function c_accelerator_wait_for_save_state(acc) bind(c, name="accelerator_wait_for_save_state")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_wait_for_save_state
    end function

    function c_accelerator_load_state(acc, folder) bind(c, name="accelerator_load_state")
      import
      type(c_ptr), value :: acc, folder
      integer(c_int) :: c_accelerator_load_state
    end function

    function c_accelerator_save_iteration(acc) bind(c, name="accelerator_save_iteration")
      import
      type(c_ptr), value :: acc
      integer(c_int64_t) :: c_accelerator_save_iteration
    end function

    function c_accelerator_register_for_checkpointing(acc, checkpointable) bind(c, &
      name="accelerator_register_for_checkpointing")
      import
      type(c_ptr), value :: acc
      type(accel_checkpointable), intent(in) :: checkpointable(*)
      integer(c_int) :: c_accelerator_register_for_checkpointing
    end function

    function c_accelerator_register_save_state_pre_hook(acc, hook, user) bind(c, &
      name="accelerator_register_save_state_pre_hook")
      import
      type(c_ptr), value :: acc, user
      type(c_funptr), value :: hook
      integer(c_int) :: c_accelerator_register_save_state_pre_hook
    end function

    function c_accelerator_register_load_state_pre_hook(acc, hook, user) bind(c, &
      name="accelerator_register_load_state_pre_hook")
      import
      type(c_ptr), value :: acc, user
      type(c_funptr), value :: hook
      integer(c_int) :: c_accelerator_register_load_state_pre_hook
    end function

    function c_accel_table_read(path) bind(c, name="accel_table_read")
      import
      character(kind=c_char), intent(in) :: path(*)
      type(c_ptr) :: c_accel_table_read
    end function

    function c_accel_table_rows(table) bind(c, name="accel_table_rows")
      import
      type(c_ptr), value :: table
      integer(c_int64_t) :: c_accel_table_rows
    end function

    function c_accel_table_columns(table) bind(c, name="accel_table_columns")
      import
      type(c_ptr), value :: table
      integer(c_int64_t) :: c_accel_table_columns
    end function

    function c_accel_table_field(table, row, column, size) bind(c, name="accel_table_field")
      import
      type(c_ptr), value :: table
      integer(c_int64_t), value :: row, column
      integer(c_size_t), intent(out) :: size
      type(c_ptr) :: c_accel_table_field
    end function

    function c_accel_table_number(table, row, column) bind(c, name="accel_table_number")
      import
      type(c_ptr), value :: table
      integer(c_int64_t), value :: row, column
      real(c_double) :: c_accel_table_number
    end function

    function c_accel_dtype_name(dtype) bind(c, name="accel_dtype_name")
      import
      integer(c_int), value :: dtype
      type(c_ptr) :: c_accel_dtype_name
    end function

    function c_accel_dtype_size(dtype) bind(c, name="accel_dtype_size")
      import
      integer(c_int), value :: dtype
      integer(c_size_t) :: c_accel_dtype_size
    end function

    function c_accel_dtype_is_floating(dtype) bind(c, name="accel_dtype_is_floating")
      import
      integer(c_int), value :: dtype
      logical(c_bool) :: c_accel_dtype_is_floating
    end function

    function c_accel_zeros(dtype, sizes, rank) bind(c, name="accel_zeros")
      import
      integer(c_int), value :: dtype
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_zeros
    end function

    function c_accel_ones(dtype, sizes, rank) bind(c, name="accel_ones")
      import
      integer(c_int), value :: dtype
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_ones
    end function

    function c_accel_full(value, dtype, sizes, rank) bind(c, name="accel_full")
      import
      real(c_double), value :: value
      integer(c_int), value :: dtype
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_full
    end function

    function c_accel_empty(dtype, sizes, rank) bind(c, name="accel_empty")
      import
      integer(c_int), value :: dtype
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_empty
    end function

    function c_accel_scalar(value, dtype) bind(c, name="accel_scalar")
      import
      real(c_double), value :: value
      integer(c_int), value :: dtype
      type(c_ptr) :: c_accel_scalar
    end function

    function c_accel_arange(n) bind(c, name="accel_arange")
      import
      integer(c_int64_t), value :: n
      type(c_ptr) :: c_accel_arange
    end function

    function c_accel_tensor_copy_from(data, dtype, sizes, rank) bind(c, name="accel_tensor_copy_from")
      import
      type(c_ptr), value :: data
      integer(c_int), value :: dtype
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(c_ptr) :: c_accel_tensor_copy_from
    end function

    function c_accel_tensor_wrap_with(data, dtype, sizes, rank, options) bind(c, &
      name="accel_tensor_wrap_with")
      import
      type(c_ptr), value :: data
      integer(c_int), value :: dtype
      integer(c_int64_t), intent(in) :: sizes(*)
      integer(c_size_t), value :: rank
      type(accel_tensor_wrap_options), intent(in) :: options
      type(c_ptr) :: c_accel_tensor_wrap_with
    end function

    function c_accel_tensor_wrap_options_default() bind(c, name="accel_tensor_wrap_options_default")
      import
      type(accel_tensor_wrap_options) :: c_accel_tensor_wrap_options_default
    end function

    function c_accel_tensor_rank(tensor) bind(c, name="accel_tensor_rank")
      import
      type(c_ptr), value :: tensor
      integer(c_size_t) :: c_accel_tensor_rank
    end function

    function c_accel_tensor_size(tensor, dimension) bind(c, name="accel_tensor_size")
      import
      type(c_ptr), value :: tensor
      integer(c_int), value :: dimension
      integer(c_int64_t) :: c_accel_tensor_size
    end function

    function c_accel_tensor_numel(tensor) bind(c, name="accel_tensor_numel")
      import
      type(c_ptr), value :: tensor
      integer(c_int64_t) :: c_accel_tensor_numel
    end function

    function c_accel_tensor_bytes(tensor) bind(c, name="accel_tensor_bytes")
      import
      type(c_ptr), value :: tensor
      integer(c_size_t) :: c_accel_tensor_bytes
    end function

    function c_accel_tensor_stride(tensor, dimension) bind(c, name="accel_tensor_stride")
      import
      type(c_ptr), value :: tensor
      integer(c_int), value :: dimension
      integer(c_int64_t) :: c_accel_tensor_stride
    end function

    function c_accel_tensor_sizes(tensor) bind(c, name="accel_tensor_sizes")
      import
      type(c_ptr), value :: tensor
      type(c_ptr) :: c_accel_tensor_sizes
    end function

    function c_accel_tensor_dtype(tensor) bind(c, name="accel_tensor_dtype")
      import
      type(c_ptr), value :: tensor
      integer(c_int) :: c_accel_tensor_dtype
    end function

    function c_accel_tensor_device(tensor) bind(c, name="accel_tensor_device")
      import
      type(c_ptr), value :: tensor
      type(accel_device) :: c_accel_tensor_device
    end function

    function c_accel_tensor_is_contiguous(tensor) bind(c, name="accel_tensor_is_contiguous")
      import
      type(c_ptr), value :: tensor
      logical(c_bool) :: c_accel_tensor_is_contiguous
    end function

    function c_accel_tensor_data(tensor) bind(c, name="accel_tensor_data")
      import
      type(c_ptr), value :: tensor
      type(c_ptr) :: c_accel_tensor_data
    end function

    function c_accel_tensor_device_data(tensor) bind(c, name="accel_tensor_device_data")
      import
      type(c_ptr), value :: tensor
      type(c_ptr) :: c_accel_tensor_device_data
    end function

    function c_accel_item(tensor) bind(c, name="accel_item")
      import
      type(c_ptr), value :: tensor
      real(c_double) :: c_accel_item
    end function

    function c_accel_item_integer(tensor) bind(c, name="accel_item_integer")
      import
      type(c_ptr), value :: tensor
      integer(c_int64_t) :: c_accel_item_integer
    end function

    function c_accel_tensor_copy_to(tensor, data, size) bind(c, name="accel_tensor_copy_to")
      import
      type(c_ptr), value :: tensor, data
      integer(c_size_t), value :: size
      integer(c_int) :: c_accel_tensor_copy_to
    end function

    function c_accel_tensor_assign(tensor, source) bind(c, name="accel_tensor_assign")
      import
      type(c_ptr), value :: tensor, source
      integer(c_int) :: c_accel_tensor_assign
    end function

    function c_accel_tensor_print(tensor) bind(c, name="accel_fortran_accel_tensor_print")
      import
      type(c_ptr), value :: tensor
      integer(c_int) :: c_accel_tensor_print
    end function

    function c_accel_token_dataset_with(path, options) bind(c, name="accel_token_dataset_with")
      import
      character(kind=c_char), intent(in) :: path(*)
      type(accel_token_dataset_options), intent(in) :: options
      type(c_ptr) :: c_accel_token_dataset_with
    end function

    function c_accel_token_dataset_options_default() bind(c, name="accel_token_dataset_options_default")
      import
      type(accel_token_dataset_options) :: c_accel_token_dataset_options_default
    end function

    function c_accel_tokenizer_load(path) bind(c, name="accel_tokenizer_load")
      import
      character(kind=c_char), intent(in) :: path(*)
      type(c_ptr) :: c_accel_tokenizer_load
    end function

    subroutine c_accel_encoding_dispose(encoding) bind(c, name="accel_encoding_dispose")
      import
      type(accel_encoding), intent(inout) :: encoding
    end subroutine

    function c_accel_tokenizer_encode_options_default() bind(c, name="accel_tokenizer_encode_options_default")
      import
      type(accel_tokenizer_encode_options) :: c_accel_tokenizer_encode_options_default
    end function

    function c_accel_tokenizer_encode_with(tokenizer, text, size, encoding, options) bind(c, &
      name="accel_tokenizer_encode_with")
      import
      type(c_ptr), value :: tokenizer
      character(kind=c_char), intent(in) :: text(*)
      integer(c_size_t), value :: size
      type(accel_encoding), intent(inout) :: encoding
      type(accel_tokenizer_encode_options), intent(in) :: options
      integer(c_int) :: c_accel_tokenizer_encode_with
    end function

    subroutine c_accel_text_dispose(text) bind(c, name="accel_text_dispose")
      import
      type(accel_text), intent(inout) :: text
    end subroutine

    function c_accel_tokenizer_decode(tokenizer, ids, count, skip_special_tokens, text) bind(c, &
      name="accel_tokenizer_decode")
      import
      type(c_ptr), value :: tokenizer
      integer(c_int64_t), intent(in) :: ids(*)
      integer(c_size_t), value :: count
      logical(c_bool), value :: skip_special_tokens
      type(accel_text), intent(inout) :: text
      integer(c_int) :: c_accel_tokenizer_decode
    end function

    function c_accel_tokenizer_vocabulary_size(tokenizer) bind(c, name="accel_tokenizer_vocabulary_size")
      import
      type(c_ptr), value :: tokenizer
      integer(c_int64_t) :: c_accel_tokenizer_vocabulary_size
    end function

    function c_accel_tokenizer_token_to_id(tokenizer, token) bind(c, name="accel_tokenizer_token_to_id")
      import
      type(c_ptr), value :: tokenizer
      character(kind=c_char), intent(in) :: token(*)
      integer(c_int64_t) :: c_accel_tokenizer_token_to_id
    end function

    function c_accel_tokenizer_id_to_token(tokenizer, id) bind(c, name="accel_tokenizer_id_to_token")
      import
      type(c_ptr), value :: tokenizer
      integer(c_int64_t), value :: id
      type(c_ptr) :: c_accel_tokenizer_id_to_token
    end function

    function c_accel_tokenizer_pad_id(tokenizer) bind(c, name="accel_tokenizer_pad_id")
      import
      type(c_ptr), value :: tokenizer
      integer(c_int64_t) :: c_accel_tokenizer_pad_id
    end function

    function c_accelerator_init_trackers(acc, run_name, values, count) bind(c, &
      name="accelerator_init_trackers")
      import
      type(c_ptr), value :: acc
      character(kind=c_char), intent(in) :: run_name(*)
      type(accel_log_value), intent(in) :: values(*)
      integer(c_size_t), value :: count
      integer(c_int) :: c_accelerator_init_trackers
    end function

    function c_accelerator_log_with(acc, values, count, options) bind(c, name="accelerator_log_with")
      import
      type(c_ptr), value :: acc
      type(accel_log_value), intent(in) :: values(*)
      integer(c_size_t), value :: count
      type(accelerator_log_options), intent(in) :: options
      integer(c_int) :: c_accelerator_log_with
    end function

    function c_accelerator_log_options_default() bind(c, name="accelerator_log_options_default")
      import
      type(accelerator_log_options) :: c_accelerator_log_options_default
    end function

    function c_accelerator_end_training(acc) bind(c, name="accelerator_end_training")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_end_training
    end function

    function c_accelerator_project_dir(acc) bind(c, name="accelerator_project_dir")
      import
      type(c_ptr), value :: acc
      type(c_ptr) :: c_accelerator_project_dir
    end function

    function c_accelerator_logging_dir(acc) bind(c, name="accelerator_logging_dir")
      import
      type(c_ptr), value :: acc
      type(c_ptr) :: c_accelerator_logging_dir
    end function

    function c_accelerator_add_tracker(acc, callbacks) bind(c, name="accelerator_add_tracker")
      import
      type(c_ptr), value :: acc
      type(accel_tracker_callbacks), intent(in) :: callbacks(*)
      integer(c_int) :: c_accelerator_add_tracker
    end function

    function c_accelerator_backward_with(acc, loss, options) bind(c, name="accelerator_backward_with")
      import
      type(c_ptr), value :: acc, loss
      type(accelerator_backward_options), intent(in) :: options
      integer(c_int) :: c_accelerator_backward_with
    end function

    function c_accelerator_backward_options_default() bind(c, name="accelerator_backward_options_default")
      import
      type(accelerator_backward_options) :: c_accelerator_backward_options_default
    end function

    function c_accelerator_accumulate_begin(acc, models, count) bind(c, name="accelerator_accumulate_begin")
      import
      type(c_ptr), value :: acc
      type(c_ptr), intent(in) :: models(*)
      integer(c_size_t), value :: count
      type(accelerator_no_sync_block) :: c_accelerator_accumulate_begin
    end function

    subroutine c_accelerator_accumulate_end(block) bind(c, name="accelerator_accumulate_end")
      import
      type(accelerator_no_sync_block), intent(inout) :: block
    end subroutine

    function c_accelerator_no_sync_begin(acc, models, count) bind(c, name="accelerator_no_sync_begin")
      import
      type(c_ptr), value :: acc
      type(c_ptr), intent(in) :: models(*)
      integer(c_size_t), value :: count
      type(accelerator_no_sync_block) :: c_accelerator_no_sync_begin
    end function

    subroutine c_accelerator_no_sync_end(block) bind(c, name="accelerator_no_sync_end")
      import
      type(accelerator_no_sync_block), intent(inout) :: block
    end subroutine

    function c_accelerator_sync_gradients(acc) bind(c, name="accelerator_sync_gradients")
      import
      type(c_ptr), value :: acc
      logical(c_bool) :: c_accelerator_sync_gradients
    end function

    function c_accelerator_gradient_accumulation_steps(acc) bind(c, &
      name="accelerator_gradient_accumulation_steps")
      import
      type(c_ptr), value :: acc
      integer(c_int64_t) :: c_accelerator_gradient_accumulation_steps
    end function

    function c_accelerator_set_gradient_accumulation_steps(acc, steps) bind(c, &
      name="accelerator_set_gradient_accumulation_steps")
      import
      type(c_ptr), value :: acc
      integer(c_int64_t), value :: steps
      integer(c_int) :: c_accelerator_set_gradient_accumulation_steps
    end function

    function c_accelerator_mixed_precision(acc) bind(c, name="accelerator_mixed_precision")
      import
      type(c_ptr), value :: acc
      integer(c_int) :: c_accelerator_mixed_precision
    end function

    function c_accelerator_autocast_begin(acc) bind(c, name="accelerator_autocast_begin")
      import
      type(c_ptr), value :: acc
      type(accelerator_autocast_block) :: c_accelerator_autocast_begin
    end function

    subroutine c_accelerator_autocast_end(block) bind(c, name="accelerator_autocast_end")
      import
      type(accelerator_autocast_block), intent(inout) :: block
    end subroutine

    function c_accelerator_optimizer_step_was_skipped(acc) bind(c, &
      name="accelerator_optimizer_step_was_skipped")
      import
      type(c_ptr), value :: acc
      logical(c_bool) :: c_accelerator_optimizer_step_was_skipped
    end function

    function c_accelerator_clip_grad_norm(acc, model, max_norm, norm_type) bind(c, &
      name="accelerator_clip_grad_norm")
      import
      type(c_ptr), value :: acc, model
      real(c_double), value :: max_norm, norm_type
      real(c_double) :: c_accelerator_clip_grad_norm
    end function

    function c_accelerator_clip_grad_value(acc, model, clip_value) bind(c, name="accelerator_clip_grad_value")
      import
      type(c_ptr), value :: acc, model
      real(c_double), value :: clip_value
      integer(c_int) :: c_accelerator_clip_grad_value
    end function

    function c_accel_version() bind(c, name="accel_version")
      import
      type(c_ptr) :: c_accel_version
    end function

    function c_accel_torch_version() bind(c, name="accel_torch_version")
      import
      type(c_ptr) :: c_accel_torch_version
    end function
  end interface
end module
